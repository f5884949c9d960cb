{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_log_days')
) }}

with

patterns as (

    select * from {{ ref('int_log_patterns_hourly') }}
    where {{ is_touched('activity_date', 'touched_log_days') }}

),

final as (

    select
        activity_date,
        service,
        level,
        pattern,
        cast(sum(lines) as bigint) as lines
    from patterns
    group by activity_date, service, level, pattern

)

select * from final
