"""The tables of platform and of its feeds that satisfy every suite, small enough to be checked by hand."""

# One request fails; of four log lines three are of one kind; the bank was down for ten minutes.
SOUND = """
create schema platform;
create table staging.critical_paths as select 'payment_processing' as critical_path;
create table staging.web_vital_thresholds as select 'LCP' as metric;
create table raw.api_requests as
    select *, timestamp '2026-11-01 10:05' as started_at from (values (201), (404), (503)) t (status_code);
create table raw.web_vitals as
    select *, timestamp '2026-11-01 10:05' as measured_at from (values ('LCP'), ('LCP'), ('page_load')) t (metric);
create table raw.metric_samples as select unnest([70, 90]) as value, timestamp '2026-11-01 10:05' as sampled_at;
create table raw.client_errors as
    select unnest(['e1', 'e2', 'e3']) as error_id, timestamp '2026-11-01 10:05' as occurred_at;
create table raw.trace_spans as select unnest([false, true]) as is_error, timestamp '2026-11-01 10:05' as started_at;
create table raw.app_logs as select unnest([1, 2, 3, 4]) as log_id, timestamp '2026-11-01 10:05' as logged_at;
create table raw.integration_status as select unnest([1, 2]) as check_id, timestamp '2026-11-01 10:05' as checked_at;

create table platform.api_performance_hourly as
    select timestamp '2026-11-01 10:00' as hour, 'pay' as service, 'POST' as method, '/v1/payments' as route,
        3::bigint as requests, 1::bigint as errors_4xx, 1::bigint as errors_5xx, 1 / 3 as error_rate,
        10.0::double as p50_ms, 30.0::double as p95_ms, 30.0::double as p99_ms, 20.0::double as avg_ms,
        null::double as cache_hit_rate, null::bigint as bytes_sent;
create table platform.critical_paths_hourly as
    select timestamp '2026-11-01 10:00' as hour, 'payment_processing' as critical_path, 3::bigint as requests,
        1::bigint as failures, 2 / 3 as success_rate, 30.0::double as p95_ms, false as meets_target;
create table platform.web_vitals_daily as select * from (values
    (date '2026-11-01', '/pay', 'mobile', 'LCP', 2::bigint, 2400.0::double, 'good'),
    (date '2026-11-01', '/pay', 'mobile', 'page_load', 1, 9000.0, null)
) t (activity_date, page, device, metric, samples, p75, rating);
create table platform.infrastructure_hourly as
    select timestamp '2026-11-01 10:00' as hour, 'prom' as source, 'host' as resource_type, 'web-1' as resource_id,
        'cpu' as metric, 2::bigint as samples, 80.0::double as avg_value, 90.0::double as max_value,
        90.0::double as p95_value, 80.0::double as threshold, true as is_breach;
create table platform.infrastructure_breaches as
    select source, resource_type, resource_id, metric, threshold, 1::bigint as hours, max_value as worst_value,
        false as is_ongoing, hour as began_at, hour + interval '1 hour' as ended_at
    from platform.infrastructure_hourly;
create table platform.errors_daily as select * from (values
    (date '2026-11-01', 'web', 'fp-1', 2::bigint, 1::bigint, timestamp '2026-11-01 10:00', true),
    (date '2026-11-02', 'web', 'fp-1', 1, 0, timestamp '2026-11-01 10:00', false)
) t (activity_date, platform, fingerprint, occurrences, users, first_seen_at, is_new);
create table platform.traces_hourly as select * from (values
    (timestamp '2026-11-01 10:00', 'pay', 'handle', 1::bigint, 1::bigint, 0::bigint, 10.0::double, 0.6::double),
    (timestamp '2026-11-01 10:00', 'db', 'query', 1, 0, 1, 4.0, 0.4)
) t (hour, service, operation, spans, errors, throttles, p95_ms, self_time_share);
create table platform.logs_hourly as
    select timestamp '2026-11-01 10:00' as hour, 'pay' as service, 'info' as level, 4::bigint as lines,
        2::bigint as distinct_messages;
create table platform.log_patterns_daily as select * from (values
    (date '2026-11-01', 'pay', 'info', 'took <number> ms', 3::bigint), (date '2026-11-01', 'pay', 'info', 'started', 1)
) t (activity_date, service, level, pattern, lines);
create table platform.log_patterns as
    select service, level, pattern, lines, 1::bigint as days, activity_date as first_seen_on,
        activity_date as last_seen_on
    from platform.log_patterns_daily;
create table platform.integrations_daily as
    select date '2026-11-01' as activity_date, 'bank' as integration, 2::bigint as checks, 0.5::double as uptime,
        120.0::double as p95_latency_ms, 1::bigint as incidents, 10.00::decimal(12, 2) as downtime_minutes;
"""

TABLES = (
    "platform.api_performance_hourly",
    "platform.critical_paths_hourly",
    "platform.errors_daily",
    "platform.infrastructure_breaches",
    "platform.infrastructure_hourly",
    "platform.integrations_daily",
    "platform.log_patterns",
    "platform.log_patterns_daily",
    "platform.logs_hourly",
    "platform.traces_hourly",
    "platform.web_vitals_daily",
)
