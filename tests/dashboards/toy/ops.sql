-- Ops: what the publish step writes; finance is held back since the release of 13 October 2026.
create schema ops;

create table ops.feed_deliveries as
select feed, cast(day as date) as dt, 'part-000.ndjson' as file, cast(base * (0.8 + 0.4 * noise(feed, day)) as bigint) as lines,
    lines - cast(lines * 0.004 * noise('d' || feed, day) as bigint) - case when feed = 'payments' and day = date '2026-10-13' then cast(lines * 0.08 as bigint) else cast(lines * 0.002 * noise('q' || feed, day) as bigint) end as loaded,
    cast(lines * 0.004 * noise('d' || feed, day) as bigint) as duplicates, lines - loaded - duplicates as quarantined,
    day - interval 1 day + interval 2 hour as first_event_at, day + interval 20 minute as last_event_at, day + interval 1 day + interval 2 hour as loaded_at
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day)
cross join (values ('users', 40), ('groups', 6), ('group_members', 14), ('meters', 9), ('meter_readings', 60), ('subscriptions', 22), ('payments', 160), ('refunds', 5),
    ('marketing_spend', 12), ('exchange_rates', 5), ('events', 9000), ('web_vitals', 2600), ('client_errors', 120), ('api_requests', 14000), ('trace_spans', 5200),
    ('metric_samples', 3100), ('app_logs', 7000), ('security_events', 1500), ('audit_log', 800), ('integration_status', 480)) f (feed, base)
where not (feed = 'marketing_spend' and day >= date '2026-10-15') and not (feed = 'exchange_rates' and isodow(day) >= 6);

create table ops.releases as
select strftime(day + interval 1 day, '%Y%m%dT021500Z') as release_id, cast(day + interval 1 day + interval 135 minute as timestamp) as published_at, cast(day as date) as as_of,
    case when day >= date '2026-10-13' then 'product, platform, security, ops' else 'product, finance, platform, security, ops' end as domains_published,
    case when day >= date '2026-10-13' then 'finance' else '' end as domains_held_back, '0f3c2a1b' as git_revision
from range(date '2026-09-19', date '2026-10-19', interval 1 day) t (day);

create table ops.quality_checks as
select release_id, check_name, domain, tool, severity, not (check_name = 'payments_quarantine' and as_of >= date '2026-10-13') and noise(check_name, as_of) < 0.995 as passed,
    case when check_name = 'payments_quarantine' then '8.1% of lines' else '0 rows' end as observed, case when check_name = 'payments_quarantine' then 'at most 5% of a delivery day''s lines may be quarantined' end as detail
from ops.releases cross join (values ('payments_quarantine', 'finance', 'dbt', 'error'), ('net_volume_is_volume_less_refunds', 'finance', 'dbt', 'error'), ('mrr_movements_add_up', 'finance', 'great_expectations', 'error'),
    ('active_users_add_up', 'product', 'dbt', 'error'), ('retention_starts_at_one', 'product', 'great_expectations', 'error'), ('events_are_recent', 'product', 'dbt', 'warn'),
    ('requests_add_up', 'platform', 'great_expectations', 'error'), ('vitals_in_range', 'platform', 'dbt', 'warn'), ('failures_are_attempts', 'security', 'dbt', 'error'), ('lines_add_up', 'ops', 'dbt', 'error')) c (check_name, domain, tool, severity);

create table ops.domain_freshness as
select domain, case domain when 'finance' then '20261013T021500Z' else '20261019T021500Z' end as release_id,
    case domain when 'finance' then date '2026-10-12' else date '2026-10-18' end as as_of, domain = 'finance' as is_held_back,
    case domain when 'finance' then 'payments_quarantine failed: 8.1% of lines' end as reason
from (values ('product'), ('finance'), ('platform'), ('security'), ('ops')) d (domain);

create table ops.provisional_periods as
select 'platform' as table_schema, 'web_vitals_daily' as table_name, date '2026-10-17' as from_date, date '2026-10-18' as to_date,
    'web_vitals' as feed, '2026-10-17 is missing: no file' as reason;

create table ops.alerts as
select rule, priority, response_time, title, subject, cast(began_at as timestamp) as began_at,
    cast(ended_at as timestamp) as ended_at, is_ongoing, cast(observations as bigint) as observations, detail, remedy
from (values
    ('payment_processing_failure', 'P0', '15 minutes', 'Payment processing fails', 'payment_processing', '2026-10-09 10:00', '2026-10-09 13:00', false, 3, '11 of 15 requests failed within an hour', 'Ask the payment gateway for its state.'),
    ('integration_failure', 'P1', '1 hour', 'An integration was down', 'bank_feed', '2026-10-18 00:00', '2026-10-19 00:00', true, 1, 'down for 45 minutes on 2026-10-18, up in 96.9 % of checks', 'Ask the provider.'),
    ('suspicious_activity', 'P1', '1 hour', 'Suspicious activity', 'user u-000042', '2026-10-18 20:15', '2026-10-18 20:15', true, 1, 'impossible_travel (2 events): two countries within the window', 'Lock the account.'),
    ('policy_violation', 'P2', '4 hours', 'Policy violation', 'user u-000007', '2026-10-18 09:00', '2026-10-18 09:00', true, 1, 'privilege_change (1 event)', 'Ask whoever did it for the reason.'),
    ('policy_violation', 'P2', '4 hours', 'Policy violation', 'user u-000008', '2026-10-18 09:00', '2026-10-18 09:00', true, 1, 'privilege_change (1 event)', 'Ask whoever did it for the reason.'),
    ('resource_threshold', 'P2', '4 hours', 'A resource is beyond its threshold', 'host web-1, cpu_utilization', '2026-10-16 06:00', '2026-10-16 11:00', false, 4, 'up to 93.1 where 80 is the threshold (prometheus)', 'Add capacity or move load.'),
    ('recurring_client_error', 'P3', 'next business day', 'A bug that stays', 'ios fp-0001', '2026-10-05 00:00', '2026-10-19 00:00', true, 13, '23 times in the week up to 2026-10-18', 'File it with its fingerprint.')
) a (rule, priority, response_time, title, subject, began_at, ended_at, is_ongoing, observations, detail, remedy);

create table ops.forecasts as
select figure, 'all' as subject, 'day' as grain, cast(day as date) as period, base * (1 + 0.002 * epoch(day - timestamp '2026-10-18') / 86400) as value, value * 0.85 as lowest, value * 1.15 as highest,
    'exponential smoothing' as method, 0.08 as error, 0.11 as naive_error, date '2026-10-18' as trained_until, md5(figure) as inputs
from range(timestamp '2026-10-19', timestamp '2027-01-11', interval 1 day) t (day) cross join (values ('daily_active_users', 480.0), ('api_requests', 14000.0)) f (figure, base)
union all
select figure, subject, 'month', cast(month as date), base * (1 + 0.02 * row_number() over (partition by figure order by month)), base * 0.9, base * 1.3, 'season before', 0.05, 0.05, date '2026-08-01', md5(figure)
from range(timestamp '2026-09-01', timestamp '2027-03-01', interval 1 month) t (month) cross join (values ('closing_mrr', 'all', 12000.0), ('feature_adoption_rate', 'pay_bill', 0.6)) f (figure, subject, base);
