-- Fails if a request is missing from the hourly figures, or in them twice.
with

published as (

    select cast(coalesce(sum(requests), 0) as bigint) as requests
    from {{ ref('api_performance_hourly') }}

),

delivered as (

    select count(*) as requests
    from {{ ref('stg_platform__api_requests') }}

)

select
    published.requests as published_requests,
    delivered.requests as delivered_requests
from published
cross join delivered
where published.requests <> delivered.requests
