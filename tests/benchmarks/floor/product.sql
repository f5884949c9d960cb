-- The product tables. A user's days on each platform and on all of them are what most figures count. Macros that take
-- a first day give the rows from that day on, for incremental_product.sql.
create temp macro month_of(day) as date_trunc('month', day)::date;

-- Of these events, the days of each user who is no test user, on each platform and on all of them.
create temp macro days_on_platforms(name) as table
with on_platforms as (
    select distinct user_id, platform, event_at::date as day from query_table(name)
    where
        user_id is not null and user_id not in (select user_id from users where is_test)
        and event_at::date <= as_of()
)

from on_platforms
union all
select distinct user_id, 'all', day from on_platforms;

create temp table user_days as
select
    *,
    lag(day) over (partition by user_id, platform order by day) as previous_day,
    lead(day) over (partition by user_id, platform order by day) as next_day
from days_on_platforms('events');

create temp table activity_days as
select unnest(generate_series(min(day), as_of(), interval '1 day'))::date as activity_date from user_days;

-- A user counts in a window of w days from an active day until w days later or the next active day.
create temp macro active_users(first_day) as table (
    with counted as (from user_days where day >= first_day - 30),

    changes as (
        select day as activity_date, platform, 1 as active, 1 as week, 1 as month from counted
        union all
        select least(day + 7, coalesce(next_day, day + 7)), platform, 0, -1, 0 from counted
        union all
        select least(day + 30, coalesce(next_day, day + 30)), platform, 0, 0, -1 from counted
    ),

    totals as (
        select
            activity_date, platform, coalesce(sum(active), 0)::bigint as dau,
            (sum(coalesce(sum(week), 0)) over running)::bigint as wau,
            (sum(coalesce(sum(month), 0)) over running)::bigint as mau
        from activity_days
        cross join (select distinct platform from user_days)
        left join changes using (activity_date, platform)
        where activity_date >= first_day - 30
        group by activity_date, platform
        window running as (partition by platform order by activity_date)
    )

    select *, dau / nullif(mau, 0) as stickiness from totals where activity_date >= first_day
);

create table product.active_users_daily as from active_users(date '0001-01-01');

create temp macro lifecycle(first_day) as table (
    with counted as (from user_days where platform = 'all' and day >= first_day - 1),

    changes as (
        select
            day, (previous_day is null)::int as new, coalesce(previous_day = day - 1, false)::int as steady,
            coalesce(previous_day < day - 1, false)::int as resurrected, 0 as dormant
        from counted
        union all
        select day + 1, 0, 0, 0, 1 from counted where next_day is distinct from day + 1
    )

    select
        activity_date, coalesce(sum(new), 0)::bigint as new_users, coalesce(sum(steady), 0)::bigint as returning_users,
        coalesce(sum(resurrected), 0)::bigint as resurrected_users, coalesce(sum(dormant), 0)::bigint as dormant_users
    from activity_days left join changes on activity_date = day
    where activity_date >= first_day
    group by activity_date
);

create table product.user_lifecycle_daily as from lifecycle(date '0001-01-01');

create temp macro registrations(first_day) as table (
    with activated as (
        select distinct user_id from users join events using (user_id)
        where
            event_at >= first_day and registered_at::date >= first_day
            and event_at >= registered_at and event_at < registered_at + interval '168 hours'
    )

    select
        registered_at::date as registration_date, coalesce(acquisition_channel, 'unknown') as acquisition_channel,
        count(*) as registrations, count(activated.user_id) as activated_within_7d
    from users left join activated using (user_id)
    where is_test is not true and registered_at::date >= first_day
    group by all
);

create table product.registrations_daily as from registrations(date '0001-01-01');

create temp macro retention(unit, first_day) as table (
    with periods as (
        select distinct user_id, date_trunc(unit, day)::date as period from user_days
        where platform = 'all' and day >= date_trunc(unit, first_day)
    ),

    cohorts as (
        select user_id, date_trunc(unit, day)::date as cohort from user_days
        where platform = 'all' and previous_day is null
    ),

    sizes as (
        select
            cohort, count(*) as cohort_size,
            unnest(generate_series(
                greatest(cohort, date_trunc(unit, first_day)), date_trunc(unit, as_of()), ('1 ' || unit)::interval
            ))::date as period
        from cohorts group by cohort
    ),

    retained as (select cohort, period, count(*) as users from periods join cohorts using (user_id) group by all)

    select
        cohort, date_diff(unit, cohort, period)::integer as period_number, cohort_size,
        coalesce(users, 0) as retained_users, coalesce(users, 0) / cohort_size as retention_rate,
        period + ('1 ' || unit)::interval <= as_of() + 1 as is_complete
    from sizes left join retained using (cohort, period)
);

create table product.retention_daily as from retention('day', date '0001-01-01');
create table product.retention_weekly as from retention('week', date '0001-01-01');
create table product.retention_monthly as from retention('month', date '0001-01-01');

-- Sessions are those of the client, or of a visitor on a platform between pauses of more than 30 minutes.
create temp macro session_events(events_table) as table (
    with unnamed as (
        select *, event_at <= lag(event_at) over visits + interval '30 minutes' as continues
        from query_table(events_table) where session_id is null and visitor is not null
        window visits as (partition by visitor, platform order by event_at, event_id)
    )

    select
        'session ' || session_id as session, null as visitor, event_id, event_at, event_name, user_id, platform, page
    from query_table(events_table) where session_id is not null
    union all
    select
        concat_ws(' ', visitor, platform, as_of(), count(*) filter (continues is not true) over (
            partition by visitor, platform order by event_at, event_id
        )),
        visitor, event_id, event_at, event_name, user_id, platform, page
    from unnamed
);

create temp macro sessions_of(events_table) as table (
    select
        session, any_value(visitor) as visitor, arg_min(platform, (event_at, event_id)) as platform,
        arg_min(user_id, (event_at, event_id)) filter (user_id is not null) as user_id,
        min(event_at)::date as activity_date, min(event_at) as started_at, max(event_at) as ended_at,
        count(*) as events, date_diff('microsecond', min(event_at), max(event_at)) / 1e6 as seconds,
        count(*) filter (event_name in ('page_view', 'screen_view')) as page_views,
        bool_or(event_name like 'payment\_%' escape '\') as pays,
        bool_or(event_name = 'error' or event_name like 'error\_%' escape '\' or event_name like '%\_error' escape '\')
            as fails
    from query_table(events_table)
    group by session
);

create temp macro transitions_of(events_table) as table (
    select session, lag(page) over (partition by session order by event_at, event_id) as from_page, page as to_page
    from query_table(events_table) where page is not null and event_name in ('page_view', 'screen_view')
    qualify from_page is not null
);

create temp table events_of_sessions as from session_events('events');
create temp table sessions as from sessions_of('events_of_sessions');
create temp table transitions as from transitions_of('events_of_sessions');

create temp macro engagement(first_day) as table (
    with counted as (
        from sessions anti join (from users where is_test) as test_users using (user_id)
        where activity_date between first_day and as_of()
    ),

    all_sessions as (
        from counted
        union all
        select * replace ('all' as platform) from counted
    ),

    totals as (
        select
            activity_date, platform, count(*) as sessions,
            count(*) filter (seconds >= 10 or page_views >= 2 or pays) as engaged_sessions,
            quantile_disc(seconds, 0.5) as median_session_seconds, avg(seconds) as avg_session_seconds,
            avg(events) as events_per_session, avg(fails::int) as error_rate
        from all_sessions
        group by all
    ),

    days as (
        select unnest(generate_series(min(activity_date), as_of(), interval '1 day'))::date as activity_date from totals
    )

    select
        activity_date, platform, coalesce(sessions, 0) as sessions, coalesce(engaged_sessions, 0) as engaged_sessions,
        1 - engaged_sessions / sessions as bounce_rate, median_session_seconds, avg_session_seconds,
        events_per_session, error_rate
    from days
    cross join (select distinct platform from totals)
    left join totals using (activity_date, platform)
);

create table product.engagement_daily as from engagement(date '0001-01-01');

create temp macro user_flows(first_day) as table (
    select activity_date, from_page, to_page, count(*) as transitions
    from transitions join sessions using (session)
    anti join (from users where is_test) as test_users using (user_id)
    where activity_date between first_day and as_of()
    group by all
);

create table product.user_flows_daily as from user_flows(date '0001-01-01');

create temp macro feature_adoption(first_month) as table (
    with users_of_features as (
        select month_of(event_at::date) as month, feature, user_id, count(distinct event_at::date) as days from events
        where
            user_id is not null and user_id not in (select user_id from users where is_test) and feature is not null
            and event_at >= first_month and event_at::date <= as_of()
        group by all
    ),

    active as (
        select month_of(day) as month, count(distinct user_id) as active_users from user_days
        where day >= first_month group by all
    )

    select
        month, feature, count(*) as users, count(*) filter (days >= 2) as repeat_users,
        count(*) / any_value(active_users) as adoption_rate
    from users_of_features join active using (month)
    group by all
);

create table product.feature_adoption_monthly as from feature_adoption(date '0001-01-01');

create table product.group_participation_monthly as
with memberships as (
    select group_id, user_id, joined_at::date as joined, coalesce(left_at::date, as_of()) as until from group_members
    where joined_at::date <= as_of() and user_id not in (select user_id from users where is_test)
),

months as (
    select unnest(generate_series(month_of(min(joined)), as_of(), interval '1 month'))::date as month from memberships
),

members as (
    select month, group_id, user_id from months
    join memberships on joined <= last_day(month) and until >= month
),

participating as (
    select group_id, user_id, month_of(submitted_at::date) as month
    from meter_readings join meters using (meter_id) where submitted_at::date <= as_of()
    union
    select group_id, user_id, month_of(payment_date) from payments where payment_date <= as_of()
)

select
    month, count(distinct group_id) as groups, count(*) as members,
    count(*) filter (participates) as participating_members, count(*) filter (participates) / count(*)
        as participation_rate
from members left join (select *, true as participates from participating) using (month, group_id, user_id)
group by month;

create table product.meter_compliance_monthly as
with months as (
    select unnest(generate_series(month_of(min(installed_at::date)), as_of(), interval '1 month'))::date as month
    from meters
),

due as (
    select month, utility, meter_id, month + reading_due_day - 1 as due_date from months
    join meters on
        installed_at::date <= month + reading_due_day - 1
        and coalesce(removed_at::date >= month + reading_due_day - 1, true)
    where month + reading_due_day - 1 <= as_of()
),

first_readings as (
    select meter_id, month_of(period) as month, min(submitted_at::date) as submitted from meter_readings
    where submitted_at::date <= as_of() group by all
)

select
    month, utility, count(*) as due, count(*) filter (submitted <= due_date) as on_time,
    count(*) filter (submitted > due_date) as late, count(*) filter (submitted is null) as missing,
    count(*) filter (submitted <= due_date) / count(*) as compliance_rate
from due left join first_readings using (meter_id, month)
group by all;
