{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_metric_hours'),
    meta={'portions': {
        'of': 'stg_platform__metric_samples', 'by': 'sampled_at', 'unit': 'hour', 'touched': 'touched_metric_hours'
    }}
) }}

-- What a sample says depends on its kind: a gauge's reading is its value, a counter's how fast it grew since the sample
-- before it. `amount` over `weight` is their mean: over samples for gauges, over time for counters.
with

gauges as (

    select
        {{ hour_of('samples.sampled_at') }} as hour,
        samples.source,
        samples.resource_type,
        samples.resource_id,
        samples.metric,
        samples.value as reading,
        samples.value as amount,
        1 as weight,
        1 as per_seconds,
        rules.threshold
    from {{ ref('stg_platform__metric_samples') }} as samples
    inner join {{ ref('int_metric_rules') }} as rules
        on
            samples.resource_type = rules.resource_type
            and samples.metric = rules.metric
            and coalesce(samples.unit, '') = rules.unit
    where
        rules.kind = 'gauge'
        and {{ is_in_touched_hours('samples.sampled_at', 'touched_metric_hours') }}
        and {{ is_in_portion('samples.sampled_at') }}

),

counters as (

    select
        hour,
        source,
        resource_type,
        resource_id,
        metric,
        increase / seconds * per_seconds as reading,
        increase as amount,
        case when increase is not null then seconds end as weight,
        per_seconds,
        threshold
    from {{ ref('int_metric_increases') }}
    where
        kind = 'counter'
        and {{ is_touched('hour', 'touched_metric_hours') }}
        and {{ is_in_portion('hour') }}

),

readings as (

    select * from gauges

    union all

    select * from counters

),

summaries as (

    select
        hour,
        source,
        resource_type,
        resource_id,
        metric,
        cast(count(*) as bigint) as samples,
        {{ divide(exact_sum('amount', 31, 10), exact_sum('weight')) }} * max(per_seconds) as avg_value,
        max(reading) as max_value,
        {{ percentile(0.95, 'reading') }} as p95_value,
        min(threshold) as threshold
    from readings
    group by hour, source, resource_type, resource_id, metric

    union all

    select
        hour,
        source,
        resource_type,
        resource_id,
        metric,
        samples,
        cast(null as double) as avg_value,
        max_value,
        p95_value,
        threshold
    from {{ ref('int_histograms_hourly') }}
    where {{ is_touched('hour', 'touched_metric_hours') }} and {{ is_in_portion('hour') }}

),

final as (

    select
        hour,
        source,
        resource_type,
        resource_id,
        metric,
        samples,
        avg_value,
        max_value,
        p95_value,
        threshold,
        coalesce(max_value > threshold, false) as is_breach
    from summaries

)

select * from final
