-- The security tables. Evidence of one rule and subject is one violation until a pause longer than the rule's window.
create table security.rules as
select rule, severity, description, window_minutes, quiet_minutes, threshold from 'security/security_rules.csv';

create temp macro in_window(earlier, later, minutes) as
    date_diff('microsecond', earlier, later) // 1000000 <= minutes * 60;

-- Failures are numbered; a login triggers a rule where the failure that lies `threshold` - 1 before is in the window.
-- The last `threshold` failures before a trigger, itself included, are its evidence.
create temp table failed_logins as
with subjects as (
    select *, 'user ' || user_id as subject, 'user' as kind from security_events where event_type = 'login'
    union all
    select *, 'source ' || left(ip, 16), 'source' from security_events where event_type = 'login'
),

attempts as (
    select *, 'brute_force_' || kind as rule, true as may_trigger from subjects where outcome = 'failure'
    union all
    select *, 'success_after_failures', outcome <> 'failure' from subjects
),

numbered as (
    select *, count(*) filter (outcome = 'failure') over (
        partition by rule, subject order by occurred_at, security_event_id
    ) as failure_number
    from attempts where subject is not null
),

judged as (
    select
        numbered.*, threshold, numbered.may_trigger and coalesce(
            in_window(first.occurred_at, numbered.occurred_at, window_minutes), false
        ) as is_trigger
    from numbered join security.rules using (rule)
    left join (from numbered where outcome = 'failure') as first on
        numbered.rule = first.rule and numbered.subject = first.subject
        and first.failure_number = numbered.failure_number - threshold + 1
)

select rule, subject, security_event_id as event_id, is_trigger, activity_date, occurred_at
from judged
qualify is_trigger or (outcome = 'failure' and min(if(is_trigger, failure_number, null)) over (
    partition by rule, subject order by occurred_at, security_event_id
    rows between current row and unbounded following
) - failure_number < threshold);

create temp table evidence as
with logins as (
    select
        known.*, lag(country) over logins as country_before, lag(occurred_at) over logins as before,
        lead(country) over logins as country_after, lead(occurred_at) over logins as after
    from (select * replace (upper(trim(country)) as country) from security_events) as known
    where
        event_type = 'login' and outcome = 'success' and user_id is not null
        and country not in ('', 'XX', 'ZZ', 'T1', 'A1', 'A2')  -- nowhere, or hidden
    window logins as (partition by user_id order by occurred_at, security_event_id)
),

travels as (
    select
        rule, 'user ' || user_id as subject, security_event_id as event_id,
        coalesce(country_before <> country and in_window(before, occurred_at, window_minutes), false) as is_trigger,
        coalesce(country_after <> country and in_window(occurred_at, after, window_minutes), false) as is_departure,
        activity_date, occurred_at
    from logins join security.rules on rule = 'impossible_travel'
),

first_accesses as (
    select
        actor, object_type, arg_min(audit_id, (occurred_at, audit_id)) as audit_id, min(occurred_at) as first_at,
        min(min(occurred_at)) over (partition by object_type) as known_since
    from audit_log group by actor, object_type
),

found as (
    from failed_logins
    union all
    select * exclude (is_departure) from travels where is_trigger or is_departure
    union all
    select
        event_type, coalesce('user ' || user_id, 'target ' || target, 'unknown'), security_event_id, true,
        activity_date, occurred_at
    from security_events
    where (event_type = 'privilege_change' and outcome = 'success') or event_type = 'policy_violation'
    union all
    select 'export_without_purpose', 'actor ' || actor, audit_id, true, activity_date, occurred_at from audit_log
    where
        action = 'export' and contains_pii and trim(coalesce(purpose, '')) = '' and outcome not in ('failure', 'denied')
    union all
    select 'unfamiliar_access', 'actor ' || actor, audit_id, true, first_at::date, first_at from first_accesses
    where first_at >= known_since + interval '720 hours'
),

paused as (
    select
        found.*, quiet_minutes,
        coalesce(in_window(lag(occurred_at) over evidence, occurred_at, quiet_minutes), false) as continues
    from found join security.rules using (rule)
    where activity_date <= as_of()
    window evidence as (partition by rule, subject order by occurred_at, event_id)
)

select *, count(*) filter (not continues) over (
    partition by rule, subject order by occurred_at, event_id
) as violation_number
from paused;

create temp table violations as
select
    rule, subject, violation_number, arg_min(event_id, (occurred_at, event_id)) as first_event_id,
    arg_max(event_id, (occurred_at, event_id)) as last_event_id, count(*) as events,
    md5(rule || '|' || subject || '|' || first_event_id) as violation_id,
    min(occurred_at) filter (is_trigger) as detected_at,
    max(occurred_at) + to_minutes(any_value(quiet_minutes)) >= as_of() + 1 as is_open
from evidence group by rule, subject, violation_number;

create table security.compliance_violations as
select
    violation_id, detected_at, rule, subject,
    if(events = 1, '1 event: ' || first_event_id, events || ' events: ' || first_event_id || ' to ' || last_event_id)
        as evidence,
    if(is_open, 'open', 'closed') as status
from violations;

create table security.violation_evidence as
select violation_id, event_id, is_trigger, occurred_at
from evidence join violations using (rule, subject, violation_number);

create table security.authentication_daily as
with brute_force as (
    select activity_date, count(distinct subject) as sources from failed_logins
    where rule = 'brute_force_source' group by activity_date
)

select
    activity_date, count(*) as attempts, count(*) filter (outcome = 'failure') as failures,
    failures / attempts as failure_rate, count(distinct user_id) as distinct_users,
    count(distinct ip) as distinct_sources, coalesce(any_value(sources), 0) as brute_force_sources
from security_events left join brute_force using (activity_date)
where event_type = 'login'
group by activity_date;

create table security.authorization_failures_daily as
select activity_date, coalesce(target, 'unknown') as target, count(*) as failures, count(distinct user_id) as users
from security_events where event_type = 'access_denied' group by all;

create table security.data_access_daily as
select
    activity_date, actor, object_type, count(*) filter (action = 'read') as reads,
    count(*) filter (action = 'export') as exports,
    count(*) filter (action in ('create', 'update', 'delete')) as writes, count(*) filter (contains_pii)
        as pii_accesses
from audit_log group by all;

create table security.events_daily as
select activity_date, event_type, outcome, count(*) as events, count(distinct user_id) as users
from security_events group by all;
