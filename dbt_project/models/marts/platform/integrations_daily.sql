{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_integration_days')
) }}

-- A check's answer holds until the next one, that of the last check of a day until the day's end and on into the next
-- day until its first check. So a day is decided by its own checks and the last one of the day before.
with

checks as (

    select
        {{ local_date('checked_at') }} as activity_date,
        integration,
        status,
        latency_ms,
        checked_at,
        check_id
    from {{ ref('stg_platform__integration_status') }}
    where {{ is_in_touched_days('checked_at', 'touched_integration_days', before=1) }}

),

neighbours as (

    select
        *,
        lag(status) over (partition by integration order by checked_at nulls last, check_id nulls last)
            as status_before,
        lag(activity_date) over (partition by integration order by checked_at nulls last, check_id nulls last)
            as date_before,
        lead(checked_at) over (
            partition by integration, activity_date
            order by checked_at nulls last, check_id nulls last
        ) as checked_next_at
    from checks

),

answers as (

    select
        activity_date,
        integration,
        status,
        latency_ms,
        case when status = 'down' then 0 else 1 end as available,
        case
            when {{ add_days('date_before', 1) }} >= activity_date then status_before
        end as status_before,
        coalesce(date_before = activity_date, false) as is_same_day,
        checked_at,
        coalesce(checked_next_at, {{ start_of_local_day(add_days('activity_date', 1)) }}) as holds_until
    from neighbours

),

downtimes as (

    select
        *,
        case when status = 'down' and coalesce(status_before <> 'down', true) then 1 else 0 end as incident,
        case when status = 'down' then {{ milliseconds_between('checked_at', 'holds_until') }} else 0 end
        + case
            when status_before = 'down' and not is_same_day
                then {{ milliseconds_between(start_of_local_day('activity_date'), 'checked_at') }}
            else 0
        end as down_ms
    from answers

),

final as (

    select
        activity_date,
        integration,
        cast(count(*) as bigint) as checks,
        {{ divide('cast(sum(available) as bigint)', 'count(*)') }} as uptime,
        {{ percentile(0.95, 'latency_ms') }} as p95_latency_ms,
        cast(sum(incident) as bigint) as incidents,
        cast(round({{ exact_sum('down_ms') }} / 60000, 2) as decimal(12, 2)) as downtime_minutes
    from downtimes
    where {{ is_touched('activity_date', 'touched_integration_days') }}
    group by activity_date, integration

)

select * from final
