-- One row for each session of the last build that is to be cut anew, and for what changed where there was none: the
-- time whose events take part. A session with an id is touched by its events. Without one, those are that a changed
-- event lies in, or not farther from than the pause that ends a session. What is farther stays apart: an old session
-- that ended longer ago than a pause before the first changed event is ended whatever comes or goes from there on, and
-- has no changed event inside. Days of a visitor are looked at one by one, for the same reason.
-- An id that comes up again after a year makes a session of two days, not of a year: of a long session only the days
-- with events are read.
with

changed_events as (

    select
        event_at,
        session_id,
        {{ visitor() }} as visitor_id,
        coalesce(platform, 'unknown') as platform
    from {{ source('changed', 'events') }}
    where {{ is_interaction() }}

),

events as (

    select
        event_at,
        session_id
    from {{ ref('stg_product__events') }}
    where is_interaction

),

-- named twice: as one, the engine would write all sessions down to read them twice
former_named as (

    {{ of_last_build('int_sessions', {
        'session_key': 'varchar', 'session_id': 'varchar', 'started_at': 'timestamp', 'ended_at': 'timestamp'
    }) }}

),

former_unnamed as (

    {{ of_last_build('int_sessions', {
        'session_key': 'varchar', 'visitor_id': 'varchar', 'platform': 'varchar', 'started_at': 'timestamp',
        'ended_at': 'timestamp'
    }) }}

),

named as (

    select
        session_id,
        min(event_at) as from_at,
        max(event_at) as to_at
    from changed_events
    where session_id is not null
    group by session_id, cast(event_at as date)

),

touched_former as (

    select
        session_key,
        session_id,
        started_at,
        ended_at,
        ended_at > {{ plus_days('started_at', 1) }} as is_long
    from former_named
    where session_id in (select named.session_id from named)

),

long_sessions as (

    select session_id
    from touched_former
    where is_long

),

days_of_long as (

    select
        session_id,
        min(event_at) as from_at,
        max(event_at) as to_at
    from events
    where session_id in (select long_sessions.session_id from long_sessions)
    group by session_id, cast(event_at as date)

),

unnamed as (

    select
        visitor_id,
        platform,
        min(event_at) as from_at,
        max(event_at) as to_at
    from changed_events
    where
        session_id is null
        and visitor_id is not null
    group by visitor_id, platform, cast(event_at as date)

),

final as (

    select
        cast(null as varchar) as session_key,
        session_id,
        cast(null as varchar) as visitor_id,
        cast(null as varchar) as platform,
        from_at,
        to_at
    from named

    union all

    select
        cast(null as varchar) as session_key,
        session_id,
        cast(null as varchar) as visitor_id,
        cast(null as varchar) as platform,
        from_at,
        to_at
    from days_of_long

    union all

    select
        session_key,
        session_id,
        cast(null as varchar) as visitor_id,
        cast(null as varchar) as platform,
        started_at as from_at,
        case when is_long then started_at else ended_at end as to_at
    from touched_former

    union all

    select
        former_unnamed.session_key,
        cast(null as varchar) as session_id,
        unnamed.visitor_id,
        unnamed.platform,
        least(unnamed.from_at, coalesce(former_unnamed.started_at, unnamed.from_at)) as from_at,
        greatest(unnamed.to_at, coalesce(former_unnamed.ended_at, unnamed.to_at)) as to_at
    from unnamed
    left join former_unnamed
        on
            unnamed.visitor_id = former_unnamed.visitor_id
            and unnamed.platform = former_unnamed.platform
            and unnamed.from_at <= {{ plus_minutes('former_unnamed.ended_at', var('session_gap_minutes')) }}
            and {{ plus_minutes('unnamed.to_at', var('session_gap_minutes')) }} >= former_unnamed.started_at

)

select * from final
