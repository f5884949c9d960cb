-- A span that comes late takes from the self time of its parent, which began in another hour, at most a day away: no
-- span lasts longer, and a child counts only where it overlaps its parent.
with

changed_trace_spans as (

    select * from {{ source('changed', 'trace_spans') }}

),

changed_times as (

    select
        {{ add_hours('min(started_at)', -24) }} as first_at,
        {{ add_hours('max(started_at)', 24) }} as last_at
    from changed_trace_spans

),

spans as (

    select * from {{ ref('stg_platform__trace_spans') }}
    where
        started_at >= (select changed_times.first_at from changed_times)
        and started_at <= (select changed_times.last_at from changed_times)

),

final as (

    select {{ hour_of('started_at') }} as hour
    from changed_trace_spans

    union

    select {{ hour_of('spans.started_at') }} as hour
    from spans
    inner join changed_trace_spans on spans.span_id = changed_trace_spans.parent_span_id

)

select * from final
