{{ config(
    materialized='incremental',
    pre_hook=forget_touched('hour', 'touched_log_hours')
) }}

with

patterns as (

    select * from {{ ref('int_log_patterns_hourly') }}
    where {{ is_touched('hour', 'touched_log_hours') }}

),

final as (

    select
        hour,
        service,
        level,
        cast(sum(lines) as bigint) as lines,
        cast(count(distinct pattern) as bigint) as distinct_messages
    from patterns
    group by hour, service, level

)

select * from final
