with

trace_spans as (

    select * from {{ source('platform', 'trace_spans') }}

),

renamed as (

    select
        span_id,
        trace_id,
        parent_span_id,
        service,
        {{ without_email('operation') }} as operation,
        started_at,
        duration_ms,
        coalesce(is_error, false) as is_error,
        coalesce(is_throttled, false) as is_throttled,
        {{ json_text('attributes') }} as attributes
    from trace_spans

)

select * from renamed
