{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_session_days'),
    meta={'portions': {
        'of': 'int_sessions', 'by': 'activity_date', 'unit': 'column', 'touched': 'touched_session_days'
    }}
) }}

with

test_users as (

    select user_id from {{ ref('stg_product__users') }}
    where is_test

),

sessions as (

    select
        sessions.platform,
        sessions.events,
        sessions.microseconds,
        case when sessions.is_engaged then 1 else 0 end as engaged,
        case when sessions.has_error then 1 else 0 end as failing,
        sessions.activity_date
    from {{ ref('int_sessions') }} as sessions
    left join test_users on sessions.user_id = test_users.user_id
    where
        test_users.user_id is null
        and {{ is_touched('activity_date', 'touched_session_days', of='sessions.activity_date') }}
        and {{ is_in_portion('sessions.activity_date') }}

),

sessions_and_total as (

    select
        platform,
        events,
        microseconds,
        engaged,
        failing,
        activity_date
    from sessions

    union all

    select
        'all' as platform,
        events,
        microseconds,
        engaged,
        failing,
        activity_date
    from sessions

),

final as (

    select
        platform,
        cast(count(*) as bigint) as sessions,
        cast(sum(engaged) as bigint) as engaged_sessions,
        cast(sum(failing) as bigint) as failing_sessions,
        cast(sum(events) as bigint) as events,
        cast(sum(microseconds) as bigint) as microseconds,
        {{ percentile(0.5, 'microseconds') }} as median_microseconds,
        activity_date
    from sessions_and_total
    group by platform, activity_date

)

select * from final
