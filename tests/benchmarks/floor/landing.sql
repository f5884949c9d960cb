-- What landed, one temporary table a feed, with the columns that the figures need. File names are relative to the
-- landing zone. The files are those of the simulator: one format a feed, a repeated row equal to the first one, a
-- malformed line cut short, without its time or more than a day ahead of its delivery. Lines of CSV may lack their
-- last columns.
-- Keys and versions are kept for incremental.sql. `delivered` says that a row is sound; the null row that a cut line leaves is not.
create temp macro delivered(happened_at, dt) as happened_at <= dt + interval '2 days';

create temp table users as
from read_json(
    'users/*/*.ndjson.gz',
    columns = {
        user_id: 'varchar', registered_at: 'timestamp', acquisition_channel: 'varchar', is_test: 'boolean',
        updated_at: 'timestamp',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(updated_at, dt)
qualify row_number() over (partition by user_id order by updated_at desc, dt desc) = 1;

create temp table group_members as
from read_json(
    'group_members/*/*.ndjson.gz',
    columns = {
        group_id: 'varchar', user_id: 'varchar', joined_at: 'timestamp', left_at: 'timestamp', updated_at: 'timestamp',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(updated_at, dt)
qualify row_number() over (partition by group_id, user_id order by updated_at desc, dt desc) = 1;

create temp table meters as
select * replace (coalesce(reading_due_day, 28) as reading_due_day) from read_json(
    'meters/*/*.ndjson',
    columns = {
        meter_id: 'varchar', group_id: 'varchar', utility: 'varchar', installed_at: 'timestamp',
        removed_at: 'timestamp', reading_due_day: 'integer', updated_at: 'timestamp',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(updated_at, dt)
qualify row_number() over (partition by meter_id order by updated_at desc, dt desc) = 1;

create temp table meter_readings as
select distinct on (reading_id) reading_id, meter_id, user_id, submitted_at, period from read_csv(
    'meter_readings/*/*.csv.gz',
    columns = {
        reading_id: 'varchar', meter_id: 'varchar', user_id: 'varchar', submitted_at: 'timestamp', period: 'date',
        value: 'varchar', unit: 'varchar', method: 'varchar',
    },
    auto_detect = false, header = true, hive_types = {dt: 'date'}
)
where delivered(submitted_at, dt);

create temp table events as
select distinct on (event_id)
    event_id, event_at, user_id, session_id, event_name, feature, page, coalesce(platform, 'unknown') as platform,
    coalesce('user ' || user_id, 'device ' || anonymous_id) as visitor
from read_json(
    'events/*/*.ndjson.gz',
    columns = {
        event_id: 'varchar', event_at: 'timestamp', user_id: 'varchar', anonymous_id: 'varchar', session_id: 'varchar',
        event_name: 'varchar', feature: 'varchar', page: 'varchar', platform: 'varchar', is_bot: 'boolean',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where
    delivered(event_at, dt)
    and event_name not in ('push_received', 'email_delivered', 'background_sync')
    and is_bot is not true;

create temp table subscriptions as
select distinct on (subscription_id, effective_at) * exclude (dt) from read_json(
    'subscriptions/*/*.ndjson.gz',
    columns = {
        subscription_id: 'varchar', effective_at: 'timestamp', user_id: 'varchar', status: 'varchar',
        amount_minor: 'bigint', currency: 'varchar', interval: 'varchar', interval_count: 'bigint',
        quantity: 'bigint', discount_minor: 'bigint', cancel_reason: 'varchar',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(effective_at, dt);

create temp table payments as
select
    * exclude (attempted_at, fee_minor),
    coalesce(fee_minor, 0) as fee_minor,
    attempted_at,
    attempted_at::date as payment_date
from read_json(
    'payments/*/*.ndjson.gz',
    columns = {
        attempt_id: 'varchar', payment_id: 'varchar', user_id: 'varchar', group_id: 'varchar', kind: 'varchar',
        attempted_at: 'timestamp', updated_at: 'timestamp', status: 'varchar', amount_minor: 'bigint',
        fee_minor: 'bigint', currency: 'varchar', method: 'varchar',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(updated_at, dt)
qualify row_number() over (partition by attempt_id order by updated_at desc, dt desc) = 1;

create temp table refunds as
select distinct on (refund_id)
    refund_id, attempt_id, refunded_at::date as refund_date, amount_minor, coalesce(fee_minor, 0) as fee_minor,
    currency, reason
from read_json(
    'refunds/*/*.ndjson.gz',
    columns = {
        refund_id: 'varchar', attempt_id: 'varchar', refunded_at: 'timestamp', amount_minor: 'bigint',
        fee_minor: 'bigint', currency: 'varchar', reason: 'varchar',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(refunded_at, dt);

create temp table marketing_spend as
select spend_date, channel, campaign, spend_minor, currency, updated_at, dt from read_csv(
    'marketing_spend/*/*.csv',
    columns = {
        spend_date: 'date', channel: 'varchar', campaign: 'varchar', spend_minor: 'bigint', currency: 'varchar',
        impressions: 'bigint', clicks: 'bigint', updated_at: 'timestamp',
    },
    auto_detect = false, header = true, hive_types = {dt: 'date'}
)
where delivered(updated_at, dt)
qualify row_number() over (partition by spend_date, channel, campaign order by updated_at desc, dt desc) = 1;

create temp table exchange_rates as
from read_csv(
    'exchange_rates/*/*.csv',
    columns = {rate_date: 'date', currency: 'varchar', rate: 'decimal(18, 10)', updated_at: 'timestamp'},
    auto_detect = false, header = true, hive_types = {dt: 'date'}
)
where delivered(updated_at, dt) and currency <> 'USD'
qualify row_number() over (partition by rate_date, currency order by updated_at desc, dt desc) = 1;

-- A rate holds until the next one of its currency; the reporting currency is worth 1, a minor unit what its currency
-- says.
create temp table rates as
select
    currency, rate, rate_date as valid_from,
    lead(rate_date, 1, date '9999-12-31') over (partition by currency order by rate_date) as valid_until,
    lead(rate) over (partition by currency order by rate_date) as next_rate,
    (0.1::decimal(5, 4) ** minor_unit_exponent)::decimal(5, 4) as unit
from (
    select currency, rate_date, rate from exchange_rates
    union all
    select 'USD', date '0001-01-01', 1
)
join 'finance/currencies.csv' using (currency);

create temp table web_vitals as
select distinct on (vital_id) epoch_ms(measured_at)::date as activity_date, page, device, metric, value from read_json(
    'web_vitals/*/*.ndjson.gz',
    columns = {
        vital_id: 'varchar', measured_at: 'bigint', metric: 'varchar', value: 'double', page: 'varchar',
        device: 'varchar',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(epoch_ms(measured_at), dt);

create temp table client_errors as
select distinct on (error_id) occurred_at, platform, error_type, message, fingerprint, user_id from read_json(
    'client_errors/*/*.ndjson.gz',
    columns = {
        error_id: 'varchar', occurred_at: 'timestamp', platform: 'varchar', error_type: 'varchar', message: 'varchar',
        fingerprint: 'varchar', user_id: 'varchar',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(occurred_at, dt);

create temp table api_requests as
select distinct on (request_id)
    date_trunc('hour', started_at) as hour, service, method, route, status_code, duration_ms, cache_status, bytes_sent
from read_parquet('api_requests/*/*.parquet', hive_types = {dt: date})
where delivered(started_at, dt);

create temp table trace_spans as
select distinct on (span_id) * exclude (dt) from read_json(
    'trace_spans/*/*.ndjson.zst',
    columns = {
        span_id: 'varchar', trace_id: 'varchar', parent_span_id: 'varchar', service: 'varchar', operation: 'varchar',
        started_at: 'timestamp', duration_ms: 'double', is_error: 'boolean', is_throttled: 'boolean',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(started_at, dt);

create temp table metric_samples as
select distinct on (source, resource_id, metric, sampled_at, labels)
    source, resource_type, resource_id, metric, labels, coalesce(unit, '') as unit, value, sampled_at
from read_parquet('metric_samples/*/*.parquet', hive_types = {dt: date})
where delivered(sampled_at, dt);

create temp table app_logs as
select distinct on (log_id) logged_at, service, level, message from read_json(
    'app_logs/*/*.jsonl.gz',
    columns = {log_id: 'varchar', logged_at: 'timestamp', service: 'varchar', level: 'varchar', message: 'varchar'},
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(logged_at, dt);

create temp table integration_status as
select distinct on (check_id) check_id, checked_at, integration, status, latency_ms from read_csv(
    'integration_status/*/*.csv.gz',
    columns = {
        check_id: 'varchar', checked_at: 'timestamp', integration: 'varchar', status: 'varchar', latency_ms: 'double',
        message: 'varchar', region: 'varchar',
    },
    auto_detect = false, header = true, null_padding = true, hive_types = {dt: 'date'}
)
where delivered(checked_at, dt);

create temp table security_events as
select distinct on (security_event_id)
    * exclude (dt, ip), occurred_at::date as activity_date, keyed_hash(ip) as ip
from read_json(
    'security_events/*/*.ndjson.gz',
    columns = {
        security_event_id: 'varchar', occurred_at: 'timestamp', event_type: 'varchar', outcome: 'varchar',
        user_id: 'varchar', ip: 'varchar', country: 'varchar', target: 'varchar',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(occurred_at, dt);

create temp table audit_log as
select distinct on (audit_id) * exclude (dt), occurred_at::date as activity_date from read_json(
    'audit_log/*/*.ndjson.gz',
    columns = {
        audit_id: 'varchar', occurred_at: 'timestamp', actor: 'varchar', action: 'varchar', object_type: 'varchar',
        purpose: 'varchar', outcome: 'varchar', contains_pii: 'boolean',
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
where delivered(occurred_at, dt);
