with

integration_status as (

    select * from {{ source('platform', 'integration_status') }}

),

renamed as (

    select
        check_id,
        checked_at,
        integration,
        status,
        latency_ms,
        message
    from integration_status

)

select * from renamed
