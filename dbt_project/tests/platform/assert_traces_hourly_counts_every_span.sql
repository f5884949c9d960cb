-- Fails if a span is missing from the hourly figures, or in them twice; of closed days only figures are kept.
with

published as (

    select cast(coalesce(sum(spans), 0) as bigint) as spans
    from {{ ref('traces_hourly') }}
    where hour >= {{ first_open_hour('trace_spans') }}

),

delivered as (

    select count(*) as spans
    from {{ ref('stg_platform__trace_spans') }}
    where started_at >= {{ first_open_hour('trace_spans') }}

)

select
    published.spans as published_spans,
    delivered.spans as delivered_spans
from published
cross join delivered
where published.spans <> delivered.spans
