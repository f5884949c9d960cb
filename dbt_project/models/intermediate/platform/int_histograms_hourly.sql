{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_metric_hours')
) }}

-- Each bucket counts all observations up to its bound, so the largest count is the number of observations.
with

buckets as (

    select
        hour,
        source,
        resource_type,
        resource_id,
        metric,
        upper_bound,
        min(threshold) as threshold,
        cast(count(*) as bigint) as samples,
        {{ exact_sum('increase', 31, 10) }} as observations
    from {{ ref('int_metric_increases') }}
    where
        kind = 'histogram'
        and {{ is_touched('hour', 'touched_metric_hours') }}
    group by hour, source, resource_type, resource_id, metric, upper_bound

),

totals as (

    select
        hour,
        source,
        resource_type,
        resource_id,
        metric,
        min(threshold) as threshold,
        cast(sum(samples) as bigint) as samples,
        max(observations) as observations
    from buckets
    group by hour, source, resource_type, resource_id, metric

),

final as (

    select
        totals.source,
        totals.resource_type,
        totals.resource_id,
        totals.metric,
        totals.samples,
        totals.threshold,
        min(case when buckets.observations >= totals.observations then buckets.upper_bound end) as max_value,
        min(case when buckets.observations * 100 >= totals.observations * 95 then buckets.upper_bound end) as p95_value,
        totals.hour
    from totals
    left join buckets
        on
            totals.hour = buckets.hour
            and totals.source = buckets.source
            and totals.resource_type = buckets.resource_type
            and totals.resource_id = buckets.resource_id
            and totals.metric = buckets.metric
            and totals.observations > 0
    group by
        totals.source,
        totals.resource_type,
        totals.resource_id,
        totals.metric,
        totals.samples,
        totals.threshold,
        totals.hour

)

select * from final
