{{ config(
    materialized='incremental',
    pre_hook=forget_touched('session_key', 'touched_sessions')
) }}

-- Whose session it is, the first event of a known user decides; whether that is a test user, the sums over sessions.
with

{{ session_events() }},

flagged as (

    select
        event_id,
        event_at,
        user_id,
        session_id,
        visitor_id,
        platform,
        session_key,
        case when {{ is_page_view() }} then 1 else 0 end as page_view,
        case when {{ is_payment_action() }} then 1 else 0 end as payment_action,
        case when {{ is_error() }} then 1 else 0 end as error
    from session_events

),

sessions as (

    select
        session_key,
        max(session_id) as session_id,
        max(visitor_id) as visitor_id,
        {{ first_known('user_id', ['event_at', 'event_id']) }} as user_id,
        {{ first_known('platform', ['event_at', 'event_id']) }} as platform,
        cast(count(*) as bigint) as events,
        cast(sum(page_view) as bigint) as page_views,
        max(payment_action) = 1 as has_payment_action,
        max(error) = 1 as has_error,
        min(event_at) as started_at,
        max(event_at) as ended_at
    from flagged
    group by session_key

),

final as (

    select
        session_key,
        session_id,
        visitor_id,
        user_id,
        platform,
        events,
        {{ microseconds_between('started_at', 'ended_at') }} as microseconds,
        has_error,
        {{ seconds_between('started_at', 'ended_at') }} >= 10 or page_views >= 2 or has_payment_action as is_engaged,
        {{ local_date('started_at') }} as activity_date,
        started_at,
        ended_at
    from sessions

)

select * from final
