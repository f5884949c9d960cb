{{ config(materialized='incremental', meta={'is_made_anew': true}) }}

-- A metric once seen stays: its rule depends on nothing but its names. A changed seed decides all of them anew; of a
-- metric without a kept row that is no loss, and so a full build always makes this anew.
with

samples as (

    select
        resource_type,
        metric,
        coalesce(unit, '') as unit
    from {{ ref('stg_platform__metric_samples') }}
    where {{ is_in_touched_hours('sampled_at', 'touched_metric_hours') }}

),

metrics as (

    select distinct
        resource_type,
        metric,
        unit
    from samples
    where {{ is_unknown(['resource_type', 'metric', 'unit']) }}

),

kinds as (

    select * from {{ ref('metric_kinds') }}

),

thresholds as (

    select * from {{ ref('infrastructure_thresholds') }}

),

matched as (

    select
        metrics.resource_type,
        metrics.metric,
        metrics.unit,
        kinds.kind,
        kinds.per_seconds,
        thresholds.measures,
        thresholds.threshold,
        row_number() over (
            partition by metrics.resource_type, metrics.metric, metrics.unit
            order by kinds.kind_rank nulls last, thresholds.threshold_rank nulls last
        ) as choice
    from metrics
    left join kinds on {{ matches('lower(metrics.metric)', 'kinds.metric_pattern') }}
    left join thresholds
        on
            {{ matches('metrics.resource_type', 'thresholds.resource_pattern') }}
            and {{ matches('lower(metrics.metric)', 'thresholds.metric_pattern') }}
            and {{ matches('lower(metrics.unit)', "coalesce(thresholds.unit_pattern, '')") }}

),

final as (

    select
        resource_type,
        metric,
        unit,
        coalesce(kind, 'gauge') as kind,
        measures,
        coalesce(per_seconds, 1) as per_seconds,
        threshold
    from matched
    where choice = 1

)

select * from final
