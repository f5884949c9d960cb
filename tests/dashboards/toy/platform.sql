-- Platform: 95 days of days, 30 days of hours; an outage of the payment service in the evening of 16 October 2026.
create schema platform;
create macro daytime(hour) as 0.25 + 0.75 * greatest(0, sin((hour(hour) - 5) / 24.0 * 2 * pi()));
create macro outage(hour) as hour between timestamp '2026-10-16 18:00' and timestamp '2026-10-16 20:00';

create table platform.api_performance_hourly as
with hours as (select hour from range(timestamp '2026-07-16', timestamp '2026-10-19', interval 1 hour) t (hour)),
routes as (from (values ('auth', 'POST', '/login', 18, 70), ('auth', 'POST', '/token/refresh', 40, 24), ('payments', 'POST', '/payments', 22, 190),
    ('payments', 'GET', '/payments/{id}', 30, 45), ('meters', 'POST', '/readings', 9, 120), ('meters', 'GET', '/meters', 20, 38),
    ('groups', 'GET', '/groups/{id}', 26, 52), ('groups', 'POST', '/groups/{id}/members', 3, 88), ('reports', 'GET', '/reports/{id}', 5, 420)) t (service, method, route, base, median))
select hour, service, method, route,
    cast(base * 6 * daytime(hour) * (0.8 + 0.4 * noise(service || route, hour)) as bigint) as requests,
    cast(requests * 0.02 * noise('4' || route, hour) as bigint) as errors_4xx,
    cast(requests * case when outage(hour) and service = 'payments' then 0.32 else 0.006 * noise('5' || route, hour) end as bigint) as errors_5xx,
    (errors_4xx + errors_5xx) / nullif(requests, 0) as error_rate,
    round(median * (0.9 + 0.2 * noise('p' || route, hour)) * case when outage(hour) and service = 'payments' then 5 else 1 end, 1) as p50_ms,
    round(p50_ms * (2.6 + 0.6 * noise('q' || route, hour)), 1) as p95_ms, round(p95_ms * (1.7 + 0.8 * noise('r' || route, hour)), 1) as p99_ms,
    round(p50_ms * 1.25, 1) as avg_ms,
    case when method = 'GET' then 0.55 + 0.25 * noise('c' || route, hour) end as cache_hit_rate, requests * 5300 as bytes_sent
from hours cross join routes;

create table platform.critical_paths_hourly as
select hour, critical_path, cast(base * 6 * daytime(hour) * (0.8 + 0.4 * noise(critical_path, hour)) as bigint) as requests,
    cast(requests * case when outage(hour) and critical_path = 'payment_processing' then 0.3 else 0.008 * noise('f' || critical_path, hour) end as bigint) as failures,
    1 - failures / nullif(requests, 0) as success_rate, round(median * (2.5 + noise('p' || critical_path, hour)), 1) as p95_ms,
    success_rate >= 0.99 as meets_target
from range(timestamp '2026-07-16', timestamp '2026-10-19', interval 1 hour) t (hour)
cross join (values ('payment_processing', 22, 190), ('authentication', 58, 40), ('meter_reading_submission', 9, 120), ('group_operations', 29, 60)) p (critical_path, base, median);

create table platform.web_vitals_daily as
select cast(day as date) as activity_date, page, device, metric, cast(40 + 120 * noise(page || device, day) as bigint) as samples,
    round(typical * case device when 'mobile' then 1.35 else 0.9 end * (0.85 + 0.4 * noise(page || metric, day)), case metric when 'CLS' then 3 else 0 end) as p75,
    case when p75 <= good then 'good' when p75 <= poor then 'needs_improvement' else 'poor' end as rating
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day)
cross join (values ('/dashboard'), ('/bills'), ('/pay'), ('/meters')) p (page) cross join (values ('desktop'), ('mobile')) d (device)
cross join (values ('FCP', 1400, 1800, 3000), ('LCP', 2300, 2500, 4000), ('FID', 60, 100, 300), ('INP', 170, 200, 500), ('CLS', 0.08, 0.1, 0.25),
    ('TTI', 3400, 3800, 7300), ('TTFB', 520, 800, 1800), ('page_load', 2900, 3000, 6000)) m (metric, typical, good, poor);

create table platform.infrastructure_hourly as
with series as (from (values
    ('prometheus', 'host', 'web-1', 'cpu_utilization', 30, 30, 80), ('prometheus', 'host', 'web-2', 'cpu_utilization', 28, 30, 80), ('prometheus', 'host', 'worker-1', 'cpu_utilization', 24, 26, 80),
    ('prometheus', 'host', 'web-1', 'memory_utilization', 52, 9, 85), ('prometheus', 'host', 'web-2', 'memory_utilization', 50, 9, 85), ('prometheus', 'host', 'worker-1', 'memory_utilization', 44, 9, 85),
    ('prometheus', 'host', 'web-1', 'disk_utilization', 47, 1, 90), ('prometheus', 'host', 'worker-1', 'disk_utilization', 58, 1, 90), ('prometheus', 'host', 'worker-1', 'disk_io', 9000000, 8000000, null),
    ('prometheus', 'container', 'payment-service', 'cpu_utilization', 26, 30, 80), ('prometheus', 'container', 'auth-service', 'cpu_utilization', 18, 20, 80),
    ('prometheus', 'container', 'payment-service', 'memory_utilization', 45, 8, 85), ('prometheus', 'container', 'payment-service', 'restarts', 2, 0, null), ('prometheus', 'container', 'auth-service', 'restarts', 1, 0, null),
    ('cloudwatch', 'database', 'db-primary', 'cpu_utilization', 36, 30, 80), ('cloudwatch', 'database', 'db-replica', 'cpu_utilization', 18, 20, 80),
    ('cloudwatch', 'database', 'db-primary', 'memory_utilization', 66, 8, 85), ('cloudwatch', 'database', 'db-primary', 'disk_utilization', 61, 1, 90),
    ('cloudwatch', 'database', 'db-primary', 'connections', 40, 50, null), ('cloudwatch', 'database', 'db-primary', 'query_latency', 5, 6, null),
    ('cloudwatch', 'database', 'db-primary', 'index_hit_ratio', 0.98, 0.01, null), ('cloudwatch', 'database', 'db-replica', 'replication_lag', 0.6, 0.9, null),
    ('cloudwatch', 'network', 'vpc-main', 'network_latency', 18, 14, 100), ('cloudwatch', 'network', 'vpc-main', 'network_throughput', 2400000, 2800000, null),
    ('cloudwatch', 'load_balancer', 'lb-public', 'request_rate', 20, 30, null), ('cloudwatch', 'load_balancer', 'lb-public', 'healthy_hosts', 2, 0, null),
    ('cloudwatch', 'queue', 'payments-queue', 'queue_depth', 6, 9, null), ('cloudwatch', 'queue', 'payments-queue', 'oldest_message_age', 2, 4, null)
    ) t (source, resource_type, resource_id, metric, level, swing, threshold))
select hour, source, resource_type, resource_id, metric, 4::bigint as samples,
    round(case when outage(hour) and resource_id = 'payment-service' and metric = 'cpu_utilization' then 92 else level + swing * (daytime(hour) - 0.3) * (0.8 + 0.4 * noise(resource_id || metric, hour)) end, 3) as avg_value,
    round(avg_value * 1.08, 3) as max_value, round(avg_value * 1.06, 3) as p95_value, cast(threshold as double) as threshold,
    case when threshold is not null then avg_value > threshold end as is_breach
from range(timestamp '2026-09-19', timestamp '2026-10-19', interval 1 hour) t (hour) cross join series;

create table platform.errors_daily as
select cast(day as date) as activity_date, platform, fingerprint, cast(weight * (0.3 + 1.4 * noise(fingerprint || platform, day)) as bigint) as occurrences,
    cast(occurrences * 0.8 as bigint) as users, cast(since as timestamp) as first_seen_at, cast(since as date) = cast(day as date) as is_new
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day) cross join (values ('web'), ('ios'), ('android')) p (platform)
cross join (values ('TypeError: undefined is not a function', '2026-05-02', 9), ('NetworkError: request timed out', '2026-02-11', 14), ('PaymentError: 3DS challenge failed', '2026-09-20', 5),
    ('RangeError: invalid date', '2026-08-14', 3), ('ChunkLoadError: loading chunk failed', '2026-10-15', 7), ('ValidationError: reading below last', '2026-03-01', 4)) e (fingerprint, since, weight)
where cast(day as date) >= cast(since as date);

create table platform.traces_hourly as
select hour, service, operation, cast(base * 6 * daytime(hour) as bigint) as spans, cast(spans * 0.01 * noise(operation, hour) as bigint) as errors,
    cast(spans * 0.004 * noise('t' || operation, hour) as bigint) as throttles, round(median * (0.9 + 0.3 * noise('p' || operation, hour)), 1) as p95_ms, share as self_time_share
from range(timestamp '2026-09-19', timestamp '2026-10-19', interval 1 hour) t (hour)
cross join (values ('payments', 'charge card', 22, 310, 0.34), ('payments', 'select payments', 52, 18, 0.12), ('auth', 'verify password', 18, 85, 0.16), ('auth', 'redis get', 58, 3, 0.03),
    ('meters', 'insert reading', 9, 40, 0.07), ('groups', 'select group', 29, 22, 0.09), ('reports', 'render report', 5, 620, 0.19)) s (service, operation, base, median, share);

create table platform.logs_hourly as
select hour, service, level, cast(base * daytime(hour) * (0.7 + 0.6 * noise(service || level, hour)) * case when outage(hour) and service = 'payments' and level = 'error' then 14 else 1 end as bigint) as lines,
    cast(lines * 0.3 as bigint) as distinct_messages
from range(timestamp '2026-09-19', timestamp '2026-10-19', interval 1 hour) t (hour)
cross join (values ('auth'), ('payments'), ('meters'), ('groups')) s (service) cross join (values ('info', 180), ('warn', 16), ('error', 4)) l (level, base);

create table platform.integrations_daily as
select cast(day as date) as activity_date, integration, 96::bigint as checks,
    cast(least(95, 96 * 0.004 * noise(integration, day) * 3 + case when integration = 'payment_gateway' and day = date '2026-10-16' then 12 when noise('i' || integration, day) > 0.985 then 20 else 0 end) as bigint) * 15 as downtime_minutes,
    1 - downtime_minutes / 1440.0 as uptime, round(median * (1.6 + 0.5 * noise('l' || integration, day)), 1) as p95_latency_ms,
    case when downtime_minutes > 60 then 1 else 0 end::bigint as incidents
from range(date '2026-07-16', date '2026-10-19', interval 1 day) t (day)
cross join (values ('payment_gateway', 180), ('bank_feed', 420), ('utility_api', 350), ('sms_provider', 140), ('email_provider', 90)) i (integration, median);
