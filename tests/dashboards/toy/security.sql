-- Security: a password guessing attack on 9 October 2026, and rules that were broken.
create schema security;

create table security.authentication_daily as
select cast(day as date) as activity_date,
    cast(620 * growth(day::date) * rhythm(day::date) * (0.9 + 0.2 * noise('auth', day)) as bigint) + case when day = date '2026-10-09' then 2400 else 0 end as attempts,
    cast(attempts * (0.03 + 0.02 * noise('fail', day)) as bigint) + case when day = date '2026-10-09' then 2390 else 0 end as failures,
    failures / nullif(attempts, 0) as failure_rate, cast(attempts * 0.7 as bigint) as distinct_users, cast(attempts * 0.75 as bigint) as distinct_sources,
    case when day = date '2026-10-09' then 14 when noise('brute', day) > 0.95 then 1 else 0 end::bigint as brute_force_sources
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day);

create table security.authorization_failures_daily as
select cast(day as date) as activity_date, target, cast(weight * noise(target, day) * 2 as bigint) as failures, cast(failures * 0.7 as bigint) as users
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day)
cross join (values ('/admin', 4), ('/groups/{id}', 7), ('/reports/{id}', 3), ('/payments/{id}', 2), ('/users/{id}', 5)) a (target, weight);

create table security.data_access_daily as
select cast(day as date) as activity_date, actor, object_type, cast(weight * (0.5 + noise(actor || object_type, day)) as bigint) as reads,
    cast(weight * 0.03 * noise('e' || actor, day) * 2 as bigint) as exports, cast(weight * 0.2 * noise('w' || actor || object_type, day) as bigint) as writes,
    cast(reads * case object_type when 'user' then 0.9 when 'payment' then 0.4 else 0 end as bigint) as pii_accesses
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day)
cross join (values ('support-1', 40), ('support-2', 32), ('finance-1', 24), ('admin-1', 12), ('batch', 90)) a (actor, weight)
cross join (values ('user'), ('payment'), ('meter'), ('report')) o (object_type);

create table security.events_daily as
select cast(day as date) as activity_date, event_type, outcome, cast(base * case outcome when 'failure' then 0.05 else 1 end * (0.7 + 0.6 * noise(event_type || outcome, day)) as bigint) as events, cast(events * 0.8 as bigint) as users
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day)
cross join (values ('login', 700), ('logout', 420), ('mfa', 260), ('password_reset', 22), ('access_denied', 14), ('privilege_change', 4), ('data_export', 9), ('policy_violation', 3)) e (event_type, base)
cross join (values ('success'), ('failure')) o (outcome);

create table security.compliance_violations as
select 'v-' || cast(number as varchar) as violation_id, timestamp '2026-10-18 21:00' - to_hours(cast(number * 31 as integer)) as detected_at,
    (['pii_export_without_purpose', 'access_after_offboarding', 'mass_export', 'shared_credentials'])[1 + number % 4] as rule,
    (['support-1', 'finance-1', 'admin-1'])[1 + number % 3] as subject, 'audit entries ' || cast(4000 + number as varchar) as evidence,
    case when number % 3 = 0 then 'resolved' else 'open' end as status
from range(1, 25) t (number);
