{{ config(
    materialized='incremental',
    pre_hook=forget_touched('session_key', 'touched_sessions')
) }}

with

{{ session_events() }},

page_views as (

    select
        session_key,
        page as to_page,
        lag(page) over (
            partition by session_key
            order by event_at nulls last, event_id nulls last
        ) as from_page
    from session_events
    where
        page is not null
        and {{ is_page_view() }}

),

flows as (

    select
        session_key,
        from_page,
        to_page,
        cast(count(*) as bigint) as transitions
    from page_views
    where from_page is not null
    group by session_key, from_page, to_page

),

sessions as (

    select
        session_key,
        activity_date
    from {{ ref('int_sessions') }}
    where {{ is_touched('activity_date', 'touched_session_days') }}

),

final as (

    select
        flows.session_key,
        flows.from_page,
        flows.to_page,
        flows.transitions,
        sessions.activity_date
    from flows
    inner join sessions on flows.session_key = sessions.session_key

)

select * from final
