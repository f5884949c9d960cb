{{ config(
    materialized='incremental',
    pre_hook=forget_touched('session_key', 'touched_sessions')
) }}

with

{{ session_events() }},

page_views as (

    select
        session_key,
        started_at,
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

final as (

    select
        session_key,
        from_page,
        to_page,
        cast(count(*) as bigint) as transitions,
        {{ local_date('started_at') }} as activity_date
    from page_views
    where from_page is not null
    group by session_key, from_page, to_page, {{ local_date('started_at') }}

)

select * from final
