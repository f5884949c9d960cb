{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_security_days')
) }}

with

security_events as (

    select * from {{ ref('stg_security__security_events') }}
    where {{ is_touched('activity_date', 'touched_security_days') }}

),

final as (

    select
        activity_date,
        event_type,
        outcome,
        cast(count(*) as bigint) as events,
        cast(count(distinct user_id) as bigint) as users
    from security_events
    group by activity_date, event_type, outcome

)

select * from final
