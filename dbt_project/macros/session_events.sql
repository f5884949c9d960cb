{#-
  CTEs, the last one session_events: the events of the touched sessions (all events in a full build), each with its
  session.

  A session is the events of one session_id. Events without one are cut where a visitor made a pause on a platform;
  such a session is called by its first event. Events of nobody (no session_id, user or device) are in no session.
-#}
{% macro session_events() -%}
    {%- set days = ['cast(from_at as date)', 'cast(to_at as date)'] -%}
    {%- set is_near = is_near_touched('event_at', 'touched_sessions', *days) -%}
-- two readings of the events: as one, the engine would write all that are near down to read them twice
named as (

    select
        event_id,
        event_at,
        event_name,
        user_id,
        session_id,
        cast(null as varchar) as visitor_id,
        page,
        coalesce(platform, 'unknown') as platform,
        'session ' || session_id as session_key
    from {{ ref('stg_product__events') }}
    where
        is_interaction
        and session_id is not null
        and {{ is_near }}
        and {{ is_touched('session_id', 'touched_sessions') }}

),

interactions as (

    select
        event_id,
        event_at,
        event_name,
        user_id,
        visitor_id,
        page,
        coalesce(platform, 'unknown') as platform
    from {{ ref('stg_product__events') }}
    where
        is_interaction
        and session_id is null
        and visitor_id is not null
        and {{ is_near }}

),

unnamed as (

    select
        event_id,
        event_at,
        event_name,
        user_id,
        visitor_id,
        page,
        platform,
        case
            when event_at <= {{ plus_minutes(
                'lag(event_at) over (partition by visitor_id, platform order by event_at nulls last, event_id nulls last)',
                var('session_gap_minutes')
            ) }} then 0
            else 1
        end as is_start
    from interactions
    {% if is_incremental() %}
        where exists (
            select 1
            from {{ ref('touched_sessions') }} as touched_sessions
            where
                touched_sessions.visitor_id = interactions.visitor_id
                and touched_sessions.platform = interactions.platform
                and touched_sessions.from_at <= interactions.event_at
                and touched_sessions.to_at >= interactions.event_at
        )
    {% endif %}

),

numbered as (

    select
        event_id,
        event_at,
        event_name,
        user_id,
        visitor_id,
        page,
        platform,
        cast(sum(is_start) over (
            partition by visitor_id, platform
            order by event_at nulls last, event_id nulls last
        ) as bigint) as session_number,
        case when is_start = 1 then event_id end as start_event_id
    from unnamed

),

session_events as (

    select
        event_id,
        event_at,
        event_name,
        user_id,
        session_id,
        visitor_id,
        page,
        platform,
        session_key
    from named

    union all

    select
        event_id,
        event_at,
        event_name,
        user_id,
        cast(null as varchar) as session_id,
        visitor_id,
        page,
        platform,
        'event ' || min(start_event_id) over (
            partition by visitor_id, platform, session_number
            order by event_at nulls last, event_id nulls last
        ) as session_key
    from numbered

)
{%- endmacro %}
