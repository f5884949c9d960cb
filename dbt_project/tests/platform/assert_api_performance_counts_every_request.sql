-- Fails if a request is missing from the hourly figures, or in them twice; of closed days only figures are kept.
with

published as (

    select cast(coalesce(sum(requests), 0) as bigint) as requests
    from {{ ref('api_performance_hourly') }}
    where hour >= {{ first_open_hour('api_requests') }}

),

delivered as (

    select count(*) as requests
    from {{ ref('stg_platform__api_requests') }}
    where started_at >= {{ first_open_hour('api_requests') }}

)

select
    published.requests as published_requests,
    delivered.requests as delivered_requests
from published
cross join delivered
where published.requests <> delivered.requests
