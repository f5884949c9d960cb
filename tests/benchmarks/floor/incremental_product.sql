-- One more day of the product tables, on the file that the scripts beside this one left: tables of what landed
-- (`new_<feed>` has what came, `former_<feed>` what that replaced), user_days, sessions and transitions.
-- Whatever a day touches is computed anew from the first touched day on; the small tables of groups, meters and
-- most of finance are computed in full by the scripts themselves, which is quicker than finding out.

-- Who turned out to be a test user, or none after all, touches all events that he has.
create temp table flipped as
select user_id from new_users left join former_users using (user_id)
where new_users.is_test is true <> (former_users.is_test is true);

create temp table touched_events as
from new_events
union all
from events where user_id in (from flipped);

set variable next_day = (select max(activity_date) + 1 from product.active_users_daily);
set variable since = (select least(min(event_at)::date, getvariable('next_day')) from touched_events);

-- The links of days change from the last one before on.
delete from user_days where user_id in (from flipped);
create temp table fresh_days as
select *, null::date as previous_day, null::date as next_day
from days_on_platforms('touched_events')
anti join user_days using (user_id, platform, day);

create temp table linked as
with ends as (
    from user_days semi join fresh_days using (user_id, platform)
    where next_day is null or next_day >= getvariable('since')
)

select
    user_id, platform, day, coalesce(lag(day) over days, previous_day) as previous_day, lead(day) over days as next_day
from (from ends union all from fresh_days)
window days as (partition by user_id, platform order by day);

delete from user_days using fresh_days
where
    user_days.user_id = fresh_days.user_id and user_days.platform = fresh_days.platform
    and (user_days.next_day is null or user_days.next_day >= getvariable('since'));
insert into user_days from linked;
create or replace table activity_days as
select unnest(generate_series(min(day), as_of(), interval '1 day'))::date as activity_date from user_days;

delete from product.active_users_daily where activity_date >= getvariable('since');
insert into product.active_users_daily from active_users(getvariable('since'));
delete from product.user_lifecycle_daily where activity_date >= getvariable('since');
insert into product.user_lifecycle_daily from lifecycle(getvariable('since'));
delete from product.retention_daily where cohort + period_number >= getvariable('since');
insert into product.retention_daily from retention('day', getvariable('since'));
delete from product.retention_weekly where cohort + 7 * period_number >= date_trunc('week', getvariable('since'));
insert into product.retention_weekly from retention('week', getvariable('since'));
delete from product.retention_monthly where cohort + to_months(period_number) >= month_of(getvariable('since'));
insert into product.retention_monthly from retention('month', getvariable('since'));
delete from product.feature_adoption_monthly where month >= month_of(getvariable('since'));
insert into product.feature_adoption_monthly from feature_adoption(month_of(getvariable('since')));

-- Accounts that came or changed in what registrations tell, and those that an event activates.
set variable registered_since = (
    select min(registered_at)::date from (
        select unnest([new_users.registered_at, former_users.registered_at]) as registered_at
        from new_users left join former_users using (user_id)
        where
            new_users.registered_at is distinct from former_users.registered_at
            or new_users.acquisition_channel is distinct from former_users.acquisition_channel
            or new_users.is_test is distinct from former_users.is_test
        union all
        select registered_at from users join new_events using (user_id)
        where event_at >= registered_at and event_at < registered_at + interval '168 hours'
    )
);
delete from product.registrations_daily where registration_date >= getvariable('registered_since');
insert into product.registrations_daily from registrations(getvariable('registered_since'));

-- Sessions that a touched event is in, or not farther from than a pause.
create temp table touched_sessions as
from sessions where session in (select 'session ' || session_id from touched_events)
union
select sessions.* from sessions join touched_events on
    sessions.visitor = touched_events.visitor and sessions.platform = touched_events.platform and session_id is null
    and event_at between started_at - interval '30 minutes' and ended_at + interval '30 minutes';

set variable started_since = (
    select least(min(event_at), (select min(started_at) from touched_sessions)) from touched_events
);
create temp table stretches as
select visitor, platform, min(started_at) as started_at from (
    select visitor, platform, event_at as started_at from touched_events where session_id is null and visitor is not null
    union all
    select visitor, platform, started_at from touched_sessions where visitor is not null
)
group by all;

create temp table their_events as
from events semi join touched_events using (session_id) where event_at >= getvariable('started_since')
union all
from events semi join stretches on
    events.visitor = stretches.visitor and events.platform = stretches.platform and event_at >= started_at
where session_id is null and event_at >= getvariable('started_since');

create temp table gone as
select session from touched_sessions
union
select session from sessions semi join stretches on
    sessions.visitor = stretches.visitor and sessions.platform = stretches.platform
    and sessions.started_at >= stretches.started_at;

set variable days_since = (
    select least(getvariable('since'), min(activity_date), getvariable('started_since')::date) from touched_sessions
);
create temp table events_of_sessions as from session_events('their_events');
delete from sessions where session in (from gone);
insert into sessions by name from sessions_of('events_of_sessions');
delete from transitions where session in (from gone);
insert into transitions from transitions_of('events_of_sessions');

delete from product.engagement_daily where activity_date >= getvariable('days_since');
insert into product.engagement_daily from engagement(getvariable('days_since'));
delete from product.user_flows_daily where activity_date >= getvariable('days_since');
insert into product.user_flows_daily from user_flows(getvariable('days_since'));
