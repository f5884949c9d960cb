{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_metric_hours')
) }}

-- Below the value before it, a counter has begun anew at zero. More than an hour after the sample before it, nobody
-- knows how often it did, so that is no increase at all.
with

samples as (

    select * from {{ ref('stg_platform__metric_samples') }}
    where {{ is_in_touched_hours('sampled_at', 'touched_metric_hours', or_before=true) }}

),

rules as (

    select * from {{ ref('int_metric_rules') }}
    where kind <> 'gauge'

),

counters as (

    select
        samples.source,
        samples.resource_type,
        samples.resource_id,
        samples.metric,
        samples.value,
        samples.upper_bound,
        rules.kind,
        rules.per_seconds,
        rules.threshold,
        samples.sampled_at,
        lag(samples.value) over (
            partition by samples.source, samples.resource_id, samples.metric, samples.labels
            order by samples.sampled_at nulls last
        ) as previous_value,
        lag(samples.sampled_at) over (
            partition by samples.source, samples.resource_id, samples.metric, samples.labels
            order by samples.sampled_at nulls last
        ) as previous_sampled_at
    from samples
    inner join rules
        on
            samples.resource_type = rules.resource_type
            and samples.metric = rules.metric
            and coalesce(samples.unit, '') = rules.unit

),

final as (

    select
        source,
        resource_type,
        resource_id,
        metric,
        kind,
        case
            when {{ add_hours('previous_sampled_at', 1) }} < sampled_at then null
            when value < previous_value then value
            else value - previous_value
        end as increase,
        {{ milliseconds_between('previous_sampled_at', 'sampled_at') }} / 1000 as seconds,
        per_seconds,
        upper_bound,
        threshold,
        {{ hour_of('sampled_at') }} as hour
    from counters

)

select * from final
where {{ is_touched('hour', 'touched_metric_hours') }}
