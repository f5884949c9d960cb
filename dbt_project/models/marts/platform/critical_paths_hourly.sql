{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_api_hours'),
    meta={'portions': {
        'of': 'stg_platform__api_requests', 'by': 'started_at', 'unit': 'hour', 'touched': 'touched_api_hours'
    }}
) }}

-- Which routes belong to a path is decided over the few routes that there are, not over the requests.
with

requests as (

    select
        {{ hour_of('started_at') }} as hour,
        service,
        method,
        route,
        duration_ms,
        case when status_code between 500 and 599 then 1 else 0 end as failure
    from {{ ref('stg_platform__api_requests') }}
    where {{ is_in_touched_hours('started_at', 'touched_api_hours') }} and {{ is_in_portion('started_at') }}

),

routes as (

    select distinct
        service,
        method,
        route
    from {{ ref('api_performance_hourly') }}
    where {{ is_touched('hour', 'touched_api_hours') }}

),

paths as (

    select * from {{ ref('critical_paths') }}

),

patterns as (

    select * from {{ ref('critical_path_routes') }}

),

routes_of_paths as (

    select distinct
        paths.critical_path,
        paths.target_p95_ms,
        paths.target_success_rate,
        routes.service,
        routes.method,
        routes.route
    from routes
    inner join patterns
        on
            {{ matches('routes.service', 'patterns.service_pattern') }}
            and {{ matches('routes.method', 'patterns.method_pattern') }}
            and {{ matches('routes.route', 'patterns.route_pattern') }}
    inner join paths on patterns.critical_path = paths.critical_path

),

hours as (

    select
        requests.hour,
        routes_of_paths.critical_path,
        routes_of_paths.target_p95_ms,
        routes_of_paths.target_success_rate,
        cast(count(*) as bigint) as requests,
        cast(sum(requests.failure) as bigint) as failures,
        {{ percentile(0.95, 'requests.duration_ms') }} as p95_ms
    from requests
    inner join routes_of_paths
        on
            requests.service = routes_of_paths.service
            and requests.method = routes_of_paths.method
            and requests.route = routes_of_paths.route
    group by
        requests.hour,
        routes_of_paths.critical_path,
        routes_of_paths.target_p95_ms,
        routes_of_paths.target_success_rate

),

final as (

    select
        hour,
        critical_path,
        requests,
        failures,
        {{ divide('requests - failures', 'requests') }} as success_rate,
        p95_ms,
        {{ divide('requests - failures', 'requests') }} >= target_success_rate
        and coalesce(p95_ms <= target_p95_ms, true) as meets_target
    from hours

)

select * from final
