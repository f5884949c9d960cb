{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_security_days')
) }}

with

denials as (

    select * from {{ ref('stg_security__security_events') }}
    where
        event_type = 'access_denied'
        and {{ is_touched('activity_date', 'touched_security_days') }}

),

final as (

    select
        activity_date,
        coalesce(target, 'unknown') as target,
        cast(count(*) as bigint) as failures,
        cast(count(distinct user_id) as bigint) as users
    from denials
    group by activity_date, coalesce(target, 'unknown')

)

select * from final
