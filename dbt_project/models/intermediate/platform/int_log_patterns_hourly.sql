{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_log_hours')
) }}

-- The day stands beside the hour because an hour may belong to two days where a time zone is off by half an hour.
with

logs as (

    select
        service,
        level,
        {{ masked('message') }} as pattern,
        {{ hour_of('logged_at') }} as hour,
        {{ local_date('logged_at') }} as activity_date
    from {{ ref('stg_platform__app_logs') }}
    where {{ is_in_touched_hours('logged_at', 'touched_log_hours') }}

),

final as (

    select
        service,
        level,
        pattern,
        cast(count(*) as bigint) as lines,
        hour,
        activity_date
    from logs
    group by service, level, pattern, hour, activity_date

)

select * from final
