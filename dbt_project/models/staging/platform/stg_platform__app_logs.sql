with

app_logs as (

    select * from {{ source('platform', 'app_logs') }}

),

renamed as (

    select
        log_id,
        logged_at,
        service,
        level,
        message,
        logger,
        host,
        trace_id,
        {{ json_text('fields') }} as fields
    from app_logs

)

select * from renamed
