with

api_requests as (

    select * from {{ source('platform', 'api_requests') }}

),

renamed as (

    select
        request_id,
        started_at,
        service,
        method,
        {{ without_email('route') }} as route,
        status_code,
        duration_ms,
        user_id,
        ip,
        cache_status,
        bytes_sent,
        trace_id
    from api_requests

)

select * from renamed
