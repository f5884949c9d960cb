{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_trace_hours'),
    meta={'portions': {
        'of': 'stg_platform__trace_spans', 'by': 'started_at', 'unit': 'utc_day', 'touched': 'touched_trace_hours'
    }}
) }}

-- Children are looked for a day around their parents, because no span lasts longer and one that does not overlap its
-- parent takes nothing from it.
with

spans as (

    select * from {{ ref('stg_platform__trace_spans') }}
    where {{ is_in_touched_hours('started_at', 'touched_trace_hours') }} and {{ is_in_portion('started_at') }}

),

children as (

    select
        span_id,
        trace_id,
        parent_span_id,
        started_at,
        duration_ms
    from {{ ref('stg_platform__trace_spans') }}
    where
        parent_span_id is not null
        and {{ is_near_touched_hours('started_at', 'touched_trace_hours', 24) }}
        and {{ is_near_portion('started_at', 24) }}

),

offsets as (

    select
        children.parent_span_id as span_id,
        spans.duration_ms as parent_ms,
        {{ milliseconds_between('spans.started_at', 'children.started_at') }} as begins_ms,
        {{ milliseconds_between('spans.started_at', 'children.started_at') }} + children.duration_ms as ends_ms
    from children
    inner join spans
        on
            children.parent_span_id = spans.span_id
            and children.trace_id = spans.trace_id
            and children.span_id <> spans.span_id

),

time_in_children as (

    select
        span_id,
        {{ exact_sum('greatest(least(ends_ms, parent_ms) - greatest(begins_ms, 0), 0)') }} as children_ms
    from offsets
    group by span_id

),

self_times as (

    select
        {{ hour_of('spans.started_at') }} as hour,
        spans.service,
        spans.operation,
        spans.duration_ms,
        case when spans.is_error then 1 else 0 end as error,
        case when spans.is_throttled then 1 else 0 end as throttle,
        greatest(cast(spans.duration_ms as decimal(18, 6)) - coalesce(time_in_children.children_ms, 0), 0) as self_ms
    from spans
    left join time_in_children on spans.span_id = time_in_children.span_id

),

hours as (

    select
        hour,
        service,
        operation,
        cast(count(*) as bigint) as spans,
        cast(sum(error) as bigint) as errors,
        cast(sum(throttle) as bigint) as throttles,
        {{ percentile(0.95, 'duration_ms') }} as p95_ms,
        {{ exact_sum('self_ms') }} as self_ms
    from self_times
    group by hour, service, operation

),

totals as (

    select
        hour,
        cast(sum(self_ms) as decimal(38, 6)) as self_ms
    from hours
    group by hour

),

final as (

    select
        hours.hour,
        hours.service,
        hours.operation,
        hours.spans,
        hours.errors,
        hours.throttles,
        hours.p95_ms,
        {{ divide('hours.self_ms', 'totals.self_ms') }} as self_time_share
    from hours
    inner join totals on hours.hour = totals.hour

)

select * from final
