"""A candidate that satisfies every suite, small enough to be checked by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.expectations import toy_platform, toy_security

# p1 and p3 succeed at once, p2 a day later, p4 waits; 20 EUR at 1.10 are 22.00 USD; 4 USD of p1 go back.
SOUND = """
create schema raw; create schema staging; create schema load; create schema release_history;
create schema finance; create schema product; create schema ops;

create table staging.currencies as
    select * from (values ('USD', 2), ('EUR', 2)) t (currency, minor_unit_exponent);
create table raw.exchange_rates as
    select 'EUR' as currency, date '2026-10-30' as rate_date, 1.1::decimal(24,10) as rate;
create table raw.payments as select *, 'service' as kind, null::bigint as fee_minor from (values
    ('a1', 'p1', 'u1', 'succeeded', timestamp '2026-11-01 10:00', 1000, 'USD'),
    ('a2', 'p2', 'u2', 'failed',    timestamp '2026-11-01 12:00',  500, 'USD'),
    ('a3', 'p2', 'u2', 'succeeded', timestamp '2026-11-02 12:00',  500, 'USD'),
    ('a4', 'p3', 'u1', 'succeeded', timestamp '2026-11-02 13:00', 2000, 'EUR'),
    ('a5', 'p4', 'u1', 'pending',   timestamp '2026-11-02 14:00',  300, 'USD')
) t (attempt_id, payment_id, user_id, status, attempted_at, amount_minor, currency);
create table raw.refunds as
    select 'r1' as refund_id, 'a1' as attempt_id, timestamp '2026-11-02 09:00' as refunded_at, 400 as amount_minor,
        null::bigint as fee_minor, null::varchar as currency;
create table raw.users as select * from (values ('u1', false), ('u2', null), ('t1', true)) t (user_id, is_test);

create table finance.payments_daily as select * from (values
    (date '2026-11-01', 'bill', 'card', 2::bigint, 1::bigint, 1::bigint, 0::bigint, 0.5::double,
        10.00::decimal(18,2), 10.00::decimal(18,2), 0.10::decimal(18,2), 0.00::decimal(18,2), 0.00::decimal(18,2),
        10.00::decimal(18,2)),
    (date '2026-11-02', 'bill', 'card', 3, 2, 0, 1, 1.0, 27.00, 13.50, 0.20, 4.00, 0.00, 23.00)
) t (payment_date, kind, method, attempts, succeeded, failed, pending, success_rate, volume, avg_value, fee_revenue,
    refunded, chargebacks, net_volume);
create table finance.payment_recovery_monthly as
    select date '2026-11-01' as month, 4::bigint as intents, 2::bigint as first_attempt_successes,
        1::bigint as recovered, 0::bigint as lost, 0.5::double as first_attempt_rate, 0.75::double as eventual_rate,
        24.00::decimal(12,2) as median_hours_to_recover;

-- u1 pays 10 EUR a month at 1.10 from October on, u2 120 USD a year in October only
create table load.progress as select date '2026-11-02' as building_as_of;
create table raw.subscriptions as select *, null::bigint as quantity, null::bigint as discount_minor,
    null::bigint as interval_count from (values
    ('s1', 'u1', timestamp '2026-10-30 10:00', 'active',    1000, 'EUR', 'month'),
    ('s2', 'u2', timestamp '2026-10-05 10:00', 'active',   12000, 'USD', 'year'),
    ('s2', 'u2', timestamp '2026-11-01 10:00', 'canceled', 12000, 'USD', 'year')
) t (subscription_id, user_id, effective_at, status, amount_minor, currency, "interval");
create table raw.marketing_spend as
    select date '2026-10-31' as spend_date, 4000 as spend_minor, 'EUR' as currency;
create table finance.mrr_movements_monthly as select * from (values
    (date '2026-10-01', 'u1', 0.00::decimal(18,2), 11.00::decimal(18,2), 0.00::decimal(18,2), 11.00::decimal(18,2),
        'new'),
    (date '2026-10-01', 'u2', 0.00, 10.00, 0.00, 10.00, 'new'),
    (date '2026-11-01', 'u1', 11.00, 11.00, 0.00, 0.00, 'unchanged'),
    (date '2026-11-01', 'u2', 10.00, 0.00, 0.00, -10.00, 'churn')
) t (month, user_id, opening_mrr, closing_mrr, fx_mrr, movement, movement_type);
create table finance.mrr_movements_daily as select * from (values
    (date '2026-10-30', 'u1', 0.00::decimal(18,2), 11.00::decimal(18,2), 0.00::decimal(18,2), 11.00::decimal(18,2),
        'new'),
    (date '2026-10-05', 'u2', 0.00, 10.00, 0.00, 10.00, 'new'),
    (date '2026-11-01', 'u2', 10.00, 0.00, 0.00, -10.00, 'churn')
) t (movement_date, user_id, opening_mrr, closing_mrr, fx_mrr, movement, movement_type);
create table finance.mrr_monthly as select * from (values
    (date '2026-10-01', 0.00, 21.00, 0.00, 0.00, 0.00, 0.00, 0.00, 21.00, 2, 2, 0, 0, 10.50, null, null, null, true),
    (date '2026-11-01', 21.00, 0.00, 0.00, 0.00, 10.00, 0.00, 0.00, 11.00, 1, 0, 1, 0, 11.00, 11 / 21, 11 / 21, 0.0,
        false)
) t (month, opening_mrr, new_mrr, expansion_mrr, contraction_mrr, churned_mrr, reactivation_mrr, fx_mrr, closing_mrr,
    active_customers, new_customers, churned_customers, reactivated_customers, arpa, nrr, grr, quick_ratio,
    is_complete);
create table finance.churn_monthly as select * from (values
    (date '2026-10-01', 0, 0, 0, 0, null::double, null::double, null::double),
    (date '2026-11-01', 2, 1, 1, 0, 0.5, 10 / 21, 10 / 21)
) t (month, customers_at_start, churned_customers, voluntary_churned, involuntary_churned, logo_churn_rate,
    gross_revenue_churn_rate, net_revenue_churn_rate);
create table finance.acquisition_monthly as select * from (values
    (date '2026-10-01', 'all', 44.00, 0, 2, 22.00, 22 / 10.5), (date '2026-10-01', 'organic', 44.00, 0, 2, 22.00,
        22 / 10.5),
    (date '2026-11-01', 'all', 0.00, 2, 0, null, null), (date '2026-11-01', 'organic', 0.00, 2, 0, null, null)
) t (month, channel, spend, registrations, new_customers, cac, payback_months);
create table finance.unit_economics_monthly as select * from (values
    (date '2026-10-01', 10.50, 1.0::double, null, null, 22.00, null::double, 22 / 10.5),
    (date '2026-11-01', 11.00, 1.0, 0.5, 22.00, null, null, null)
) t (month, arpa, gross_margin, logo_churn_rate, ltv, cac, ltv_to_cac, payback_months);
create table finance.customer_value as select * from (values
    ('u1', timestamp '2026-11-01 10:00', 2, 28.00, 5.0::double, 60.00, 0.9::double, 85.00),
    ('u2', timestamp '2026-11-02 12:00', 1, 5.00, 2.0, 20.00, 1.0, 24.00)
) t (user_id, first_payment_at, payments, historical_value, expected_payments_12m, expected_value_12m,
    probability_alive, clv);
create table finance.clv_model as select date '2026-11-02' as fitted_as_of, * from (values
    ('r', 0.2::double), ('alpha', 4.4), ('a', 0.8), ('b', 2.4), ('bgnbd_log_likelihood', -9.5), ('p', 6.2), ('q', 3.7),
    ('v', 15.4), ('gamma_gamma_log_likelihood', -4.0), ('customers', 2), ('repeat_customers', 1)
) t (parameter, value);
create table finance.clv_cohorts as
    select date '2026-11-01' as cohort_month, 0 as months_since, 2 as customers, 33.00 as cumulative_value,
        16.50 as value_per_customer;
create table product.registrations_daily as
    select date '2026-11-01' as registration_date, 'organic' as acquisition_channel, 2::bigint as registrations,
        1::bigint as activated_within_7d;

-- u1 is active on both days, u2 on the second; bots, passive events and test users make nobody active
create table raw.events as select * from (values
    ('u1', timestamp '2026-11-01 10:00', 'page_view', null, false),
    ('u1', timestamp '2026-11-02 10:00', 'feature_used', 'split', null),
    ('u2', timestamp '2026-11-02 11:00', 'page_view', null, false),
    ('u2', timestamp '2026-11-01 11:00', 'push_received', null, false),
    ('u2', timestamp '2026-11-01 11:00', 'page_view', 'split', true),
    ('t1', timestamp '2026-11-01 11:00', 'page_view', 'split', false)
) t (user_id, event_at, event_name, feature, is_bot);
create table product.active_users_daily as select * from (values
    (date '2026-11-01', 'all', 1::bigint, 1::bigint, 1::bigint, 1.0::double), (date '2026-11-01', 'web', 1, 1, 1, 1.0),
    (date '2026-11-02', 'all', 2, 2, 2, 1.0), (date '2026-11-02', 'web', 2, 2, 2, 1.0)
) t (activity_date, platform, dau, wau, mau, stickiness);
create table product.user_lifecycle_daily as select * from (values
    (date '2026-11-01', 1::bigint, 0::bigint, 0::bigint, 0::bigint), (date '2026-11-02', 1, 1, 0, 0)
) t (activity_date, new_users, returning_users, resurrected_users, dormant_users);
create table product.retention_daily as select * from (values
    (date '2026-11-01', 0, 1::bigint, 1::bigint, 1.0::double, true), (date '2026-11-01', 1, 1, 1, 1.0, true),
    (date '2026-11-02', 0, 1, 1, 1.0, true)
) t (cohort, period_number, cohort_size, retained_users, retention_rate, is_complete);
create table product.retention_weekly as select * from (values
    (date '2026-10-26', 0, 1::bigint, 1::bigint, 1.0::double, true), (date '2026-10-26', 1, 1, 1, 1.0, false),
    (date '2026-11-02', 0, 1, 1, 1.0, false)
) t (cohort, period_number, cohort_size, retained_users, retention_rate, is_complete);
create table product.retention_monthly as
    select date '2026-11-01' as cohort, 0 as period_number, 2::bigint as cohort_size, 2::bigint as retained_users,
        1.0::double as retention_rate, false as is_complete;
create table product.engagement_daily as select * from (values
    (date '2026-11-01', 'all', 1::bigint, 0::bigint, 1.0::double, 0.0::double, 0.0::double, 1.0::double, 0.0::double),
    (date '2026-11-01', 'web', 1, 0, 1.0, 0.0, 0.0, 1.0, 0.0)
) t (activity_date, platform, sessions, engaged_sessions, bounce_rate, median_session_seconds, avg_session_seconds,
    events_per_session, error_rate);
create table product.user_flows_daily as
    select date '2026-11-01' as activity_date, '/a' as from_page, '/b' as to_page, 1::bigint as transitions;
create table product.feature_adoption_monthly as
    select date '2026-11-01' as month, 'split' as feature, 1::bigint as users, 0::bigint as repeat_users,
        0.5::double as adoption_rate;

-- u2 left in October; the meter's reading for October came in time, that for November is not due yet
create table raw.group_members as select * from (values
    ('g1', 'u1', timestamp '2026-10-01 10:00', null), ('g1', 't1', timestamp '2026-10-01 10:00', null),
    ('g1', 'u2', timestamp '2026-10-01 10:00', timestamp '2026-10-31 23:00')
) t (group_id, user_id, joined_at, left_at);
create table raw.meters as
    select 'm1' as meter_id, null::bigint as reading_due_day, timestamp '2026-10-01 10:00' as installed_at,
        null::timestamp as removed_at;
create table raw.meter_readings as select * from (values
    ('m1', date '2026-10-01', timestamp '2026-10-28 10:00'), ('m1', date '2026-11-01', timestamp '2026-11-02 10:00')
) t (meter_id, period, submitted_at);
create table product.group_participation_monthly as select * from (values
    (date '2026-10-01', 1::bigint, 2::bigint, 1::bigint, 0.5::double), (date '2026-11-01', 1, 1, 1, 1.0)
) t (month, groups, members, participating_members, participation_rate);
create table product.meter_compliance_monthly as
    select date '2026-10-01' as month, 'gas' as utility, 1::bigint as due, 1::bigint as on_time, 0::bigint as late,
        0::bigint as missing, 1.0::double as compliance_rate;

create table ops.feed_deliveries as
    select 'payments' as feed, date '2026-11-02' as dt, 'part.ndjson' as file, 6::bigint as lines,
        5::bigint as loaded, 0::bigint as duplicates, 1::bigint as quarantined,
        timestamp '2026-11-01 10:00' as first_event_at, timestamp '2026-11-02 14:00' as last_event_at,
        timestamp '2026-11-03 02:00' as loaded_at;
create table load.deliveries as from ops.feed_deliveries;
create table ops.feed_health as select * from (values
    ('payments', date '2026-11-02', 1::bigint, 6::bigint, 40.0::double, 21.0::double, 65.0::double, 0::bigint, 'small',
        '6 lines; usual are 21 to 65 (weekday, 12 days)'),
    ('events', date '2026-11-02', 0, 0, null, null, null, null, 'missing', 'no file came')
) t (feed, dt, files, lines, expected_lines, lowest_usual, highest_usual, lateness_hours, status, detail);
create table ops.anomalies as select * from (values
    ('payment attempts', date '2026-11-02', 'finance.payments_daily', 3.0::double, 4.0::double, 0.1::double,
        14.1::double, -0.6::double, 12::bigint, 'weekday', 'usual'),
    ('registrations', date '2026-11-02', 'product.registrations_daily', 1.0, null, null, null, null, 0, null,
        'not enough history')
) t (figure, day, table_name, value, expected, lowest_usual, highest_usual, deviation, comparable_days, compared_with,
    outcome);
create table ops.provisional_periods as
    select 'finance' as table_schema, 'payments_daily' as table_name, date '2026-11-02' as from_date,
        date '2026-11-02' as to_date, 'payments' as feed, '2026-11-02 is small' as reason;
create table release_history.releases as
    select '20261101T020000Z' as release_id, timestamp '2026-11-01 02:00' as published_at, date '2026-10-31' as as_of,
        'finance' as domains_published, '' as domains_held_back, null::varchar as git_revision;
create table release_history.quality_checks as
    select '20261101T020000Z' as release_id, 'unique_payments' as check_name, 'finance' as domain, 'dbt' as tool,
        'error' as severity, true as passed, null::varchar as observed, null::varchar as detail;
create table ops.releases as from release_history.releases;
create table ops.quality_checks as from release_history.quality_checks;
create table release_history.restatements as
    select '20261101T020000Z' as release_id, 'finance.payments_daily' as table_name, date '2026-10-30' as period,
        '{"kind":"bill"}' as key, 'attempts' as column_name, null::double as old_value, 2::double as new_value,
        1::bigint as moved_rows, 'late data' as cause;
create table release_history.approvals as
    select '20261101T020000Z' as release_id, 'finance' as domain, timestamp '2026-11-01 02:00' as approved_at,
        'kim' as approved_by, 'a1b2' as restatement, 'figures moved' as reason;
create table ops.restatements as from release_history.restatements;
create table ops.approvals as from release_history.approvals;
create table load.kept_from (name varchar, kept_from date, opens_at timestamp);
create table load.retention_runs as
    select timestamp '2026-11-01 02:00' as run_at, 'rows' as place, 'raw.web_vitals' as name, 'metrics' as retention,
        date '2026-10-31' as as_of, date '2026-10-25' as kept_from, 7::bigint as removed, 0.1::double as seconds;
create table ops.retention_runs as from load.retention_runs;
create table ops.domain_freshness (
    domain varchar, release_id varchar, as_of date, is_held_back boolean, reason varchar);
"""

TABLES = (
    "finance.acquisition_monthly",
    "finance.churn_monthly",
    "finance.clv_cohorts",
    "finance.clv_model",
    "finance.customer_value",
    "finance.mrr_monthly",
    "finance.mrr_movements_daily",
    "finance.mrr_movements_monthly",
    "finance.payment_recovery_monthly",
    "finance.payments_daily",
    "finance.unit_economics_monthly",
    "ops.approvals",
    "ops.anomalies",
    "ops.domain_freshness",
    "ops.feed_deliveries",
    "ops.feed_health",
    "ops.provisional_periods",
    "ops.quality_checks",
    "ops.releases",
    "ops.restatements",
    "ops.retention_runs",
    *toy_platform.TABLES,
    "product.active_users_daily",
    "product.engagement_daily",
    "product.feature_adoption_monthly",
    "product.group_participation_monthly",
    "product.meter_compliance_monthly",
    "product.registrations_daily",
    "product.retention_daily",
    "product.retention_monthly",
    "product.retention_weekly",
    "product.user_flows_daily",
    "product.user_lifecycle_daily",
    *toy_security.TABLES,
)


def make_candidate(file: Path, poison: str = "") -> Path:
    """The sound candidate, with the statements of `poison` run on it."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(SOUND + toy_platform.SOUND + toy_security.SOUND + poison)
    return file
