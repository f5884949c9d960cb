-- One row for each session of the last build that is to be cut anew, and for what changed where there was none: the
-- time whose events take part. A session with an id is touched by its events. Without one, those are that a changed
-- event lies in, or not farther from than the pause that ends a session. What is farther stays apart: an old session
-- that ended longer ago than a pause before the first changed event is ended whatever comes or goes from there on, and
-- has no changed event inside. Days of a visitor are looked at one by one, for the same reason.
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

former as (

    {{ of_last_build('int_sessions', {
        'session_key': 'varchar', 'session_id': 'varchar', 'visitor_id': 'varchar', 'platform': 'varchar',
        'started_at': 'timestamp', 'ended_at': 'timestamp'
    }) }}

),

named as (

    select
        session_id,
        min(event_at) as from_at,
        max(event_at) as to_at
    from changed_events
    where session_id is not null
    group by session_id

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
        former.session_key,
        named.session_id,
        cast(null as varchar) as visitor_id,
        cast(null as varchar) as platform,
        least(named.from_at, coalesce(former.started_at, named.from_at)) as from_at,
        greatest(named.to_at, coalesce(former.ended_at, named.to_at)) as to_at
    from named
    left join former on named.session_id = former.session_id

    union all

    select
        former.session_key,
        cast(null as varchar) as session_id,
        unnamed.visitor_id,
        unnamed.platform,
        least(unnamed.from_at, coalesce(former.started_at, unnamed.from_at)) as from_at,
        greatest(unnamed.to_at, coalesce(former.ended_at, unnamed.to_at)) as to_at
    from unnamed
    left join former
        on
            unnamed.visitor_id = former.visitor_id
            and unnamed.platform = former.platform
            and unnamed.from_at <= {{ plus_minutes('former.ended_at', var('session_gap_minutes')) }}
            and {{ plus_minutes('unnamed.to_at', var('session_gap_minutes')) }} >= former.started_at

)

select * from final
