"""The tables of security and of its feeds that satisfy every suite, small enough to be checked by hand."""

# Three logins from two sources, two of them failed and evidence; one denial; one read and one export of personal data.
SOUND = """
create schema security;
create table raw.security_events as select *, timestamp '2026-11-01 10:00' as occurred_at from (values
    ('login', 'failure'), ('login', 'failure'), ('login', 'success'), ('access_denied', 'failure')
) t (event_type, outcome);
create table raw.audit_log as select unnest(['read', 'export']) as action, timestamp '2026-11-01 10:00' as occurred_at;

create table security.authentication_daily as
    select date '2026-11-01' as activity_date, 3::bigint as attempts, 2::bigint as failures, 2 / 3 as failure_rate,
        1::bigint as distinct_users, 2::bigint as distinct_sources, 1::bigint as brute_force_sources;
create table security.authorization_failures_daily as
    select date '2026-11-01' as activity_date, 'group:1' as target, 1::bigint as failures, 1::bigint as users;
create table security.data_access_daily as
    select date '2026-11-01' as activity_date, 'anna' as actor, 'customer' as object_type, 1::bigint as reads,
        1::bigint as exports, 0::bigint as writes, 2::bigint as pii_accesses;
create table security.events_daily as select * from (values
    (date '2026-11-01', 'login', 'failure', 2::bigint, 1::bigint),
    (date '2026-11-01', 'login', 'success', 1, 1),
    (date '2026-11-01', 'access_denied', 'failure', 1, 1)
) t (activity_date, event_type, outcome, events, users);
create table security.rules as
    select 'brute_force_source' as rule, 'P1' as severity, 'Many failures.' as description, 30 as window_minutes,
        1440 as quiet_minutes, 2 as threshold;
create table security.compliance_violations as
    select 'v1' as violation_id, timestamp '2026-11-01 10:01' as detected_at, 'brute_force_source' as rule,
        'source 1' as subject, '2 events: e1 to e2' as evidence, 'closed' as status;
create table security.violation_evidence as select * from (values
    ('v1', 'e1', false, timestamp '2026-11-01 10:00'), ('v1', 'e2', true, timestamp '2026-11-01 10:01')
) t (violation_id, event_id, is_trigger, occurred_at);
"""

TABLES = (
    "security.authentication_daily",
    "security.authorization_failures_daily",
    "security.compliance_violations",
    "security.data_access_daily",
    "security.events_daily",
    "security.rules",
    "security.violation_evidence",
)
