with

engagement as (

    select * from {{ ref('int_engagement_daily') }}
    where activity_date <= {{ as_of() }}

),

bounds as (

    select min(activity_date) as first_date
    from engagement

),

days as (

    select {{ each_day('first_date', as_of()) }} as activity_date
    from bounds

),

platforms as (

    select distinct platform
    from engagement

),

final as (

    select
        days.activity_date,
        platforms.platform,
        coalesce(engagement.sessions, 0) as sessions,
        coalesce(engagement.engaged_sessions, 0) as engaged_sessions,
        1 - {{ divide('engagement.engaged_sessions', 'engagement.sessions') }} as bounce_rate,
        {{ divide('engagement.median_microseconds', '1000000') }} as median_session_seconds,
        {{ divide('engagement.microseconds', '1000000 * engagement.sessions') }} as avg_session_seconds,
        {{ divide('engagement.events', 'engagement.sessions') }} as events_per_session,
        {{ divide('engagement.failing_sessions', 'engagement.sessions') }} as error_rate
    from days
    cross join platforms
    left join engagement
        on
            days.activity_date = engagement.activity_date
            and platforms.platform = engagement.platform

)

select * from final
