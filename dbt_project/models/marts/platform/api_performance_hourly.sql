{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_api_hours'),
    meta={'portions': {
        'of': 'stg_platform__api_requests', 'by': 'started_at', 'unit': 'hour', 'touched': 'touched_api_hours'
    }}
) }}

with

requests as (

    select
        {{ hour_of('started_at') }} as hour,
        service,
        method,
        route,
        duration_ms,
        bytes_sent,
        case when status_code between 400 and 499 then 1 else 0 end as error_4xx,
        case when status_code between 500 and 599 then 1 else 0 end as error_5xx,
        case when cache_status = 'hit' then 1 else 0 end as cache_hit,
        case when cache_status in ('hit', 'miss') then 1 else 0 end as cache_asked
    from {{ ref('stg_platform__api_requests') }}
    where {{ is_in_touched_hours('started_at', 'touched_api_hours') }} and {{ is_in_portion('started_at') }}

),

hours as (

    select
        hour,
        service,
        method,
        route,
        cast(count(*) as bigint) as requests,
        cast(sum(error_4xx) as bigint) as errors_4xx,
        cast(sum(error_5xx) as bigint) as errors_5xx,
        {{ percentiles([0.5, 0.95, 0.99], 'duration_ms') }} as quantiles_ms,
        {{ exact_sum('duration_ms') }} as total_ms,
        count(duration_ms) as timed,
        cast(sum(cache_hit) as bigint) as cache_hits,
        cast(sum(cache_asked) as bigint) as cache_asked,
        {{ cast_or_null('cast(sum(bytes_sent) as decimal(38, 0))', 'bigint') }} as bytes_sent
    from requests
    group by hour, service, method, route

),

final as (

    select
        hour,
        service,
        method,
        route,
        requests,
        errors_4xx,
        errors_5xx,
        {{ divide('errors_5xx', 'requests') }} as error_rate,
        quantiles_ms[1] as p50_ms,
        quantiles_ms[2] as p95_ms,
        quantiles_ms[3] as p99_ms,
        {{ divide('total_ms', 'timed') }} as avg_ms,
        {{ divide('cache_hits', 'cache_asked') }} as cache_hit_rate,
        bytes_sent
    from hours

)

select * from final
