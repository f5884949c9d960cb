with

client_errors as (

    select * from {{ source('platform', 'client_errors') }}

),

renamed as (

    select
        error_id,
        occurred_at,
        platform,
        release,
        error_type,
        message,
        fingerprint,
        page,
        user_id,
        session_id,
        is_handled
    from client_errors

)

select * from renamed
