-- The platform tables.
create table platform.api_performance_hourly as
select
    hour, service, method, route, count(*) as requests,
    count(*) filter (status_code between 400 and 499) as errors_4xx,
    count(*) filter (status_code between 500 and 599) as errors_5xx,
    count(*) filter (status_code between 500 and 599) / count(*) as error_rate,
    quantile_disc(duration_ms, 0.5) as p50_ms, quantile_disc(duration_ms, 0.95) as p95_ms,
    quantile_disc(duration_ms, 0.99) as p99_ms, avg(duration_ms) as avg_ms,
    count(*) filter (cache_status = 'hit') / nullif(count(*) filter (cache_status in ('hit', 'miss')), 0)
        as cache_hit_rate,
    sum(bytes_sent)::bigint as bytes_sent
from api_requests group by all;

create table platform.critical_paths_hourly as
with routes as (
    select distinct critical_path, service, method, route
    from (select distinct service, method, route from api_requests)
    join 'platform/critical_path_routes.csv' on
        regexp_matches(service, service_pattern) and regexp_matches(method, method_pattern)
        and regexp_matches(route, route_pattern)
)

select
    hour, critical_path, count(*) as requests, count(*) filter (status_code between 500 and 599) as failures,
    1 - failures / requests as success_rate, quantile_disc(duration_ms, 0.95) as p95_ms,
    (requests - failures) / requests >= any_value(target_success_rate)
        and coalesce(p95_ms <= any_value(target_p95_ms), true) as meets_target
from api_requests join routes using (service, method, route)
join 'platform/critical_paths.csv' using (critical_path)
group by hour, critical_path;

create table platform.web_vitals_daily as
select
    activity_date, coalesce(page, 'unknown') as page, coalesce(device, 'unknown') as device, metric,
    count(*) as samples, quantile_disc(value, 0.75) as p75,
    case
        when p75 <= any_value(good_up_to) then 'good'
        when p75 <= any_value(poor_above) then 'needs_improvement'
        when p75 > any_value(poor_above) then 'poor'
    end as rating
from web_vitals left join 'platform/web_vital_thresholds.csv' using (metric)
group by all;

create table platform.errors_daily as
with days as (
    select
        occurred_at::date as activity_date, coalesce(platform, 'unknown') as platform,
        coalesce(fingerprint, error_type || '-' || left(md5(coalesce(masked(message), '')), 12)) as fingerprint,
        count(*) as occurrences, count(distinct user_id) as users, min(occurred_at) as first_at
    from client_errors group by all
)

select
    * exclude (first_at), min(first_at) over (partition by platform, fingerprint) as first_seen_at,
    activity_date = first_seen_at::date as is_new
from days;

-- The first kind and the first threshold that match a metric are its own; a metric without a kind is a gauge.
create temp table metric_rules as
select
    resource_type, metric, unit, coalesce(kind, 'gauge') as kind, coalesce(per_seconds, 1) as per_seconds, threshold
from (select distinct resource_type, metric, unit from metric_samples)
left join 'platform/metric_kinds.csv' as kinds on regexp_matches(lower(metric), kinds.metric_pattern)
left join 'platform/infrastructure_thresholds.csv' as thresholds on
    regexp_matches(resource_type, resource_pattern) and regexp_matches(lower(metric), thresholds.metric_pattern)
    and regexp_matches(lower(unit), coalesce(unit_pattern, ''))
qualify row_number() over (partition by resource_type, metric, unit order by kind_rank, threshold_rank) = 1;

-- A gauge reads its value; a counter and a histogram's bucket how much they grew within the last hour, from zero where
-- they began anew. The largest bucket counts all observations of its histogram.
create table platform.infrastructure_hourly as
with counters as (
    select
        *, lag(value) over series as previous, date_diff('microsecond', lag(sampled_at) over series, sampled_at) / 1e6
            as seconds,
        case when seconds <= 3600 then if(value < previous, value, value - previous) end as increase,
        try_cast(nullif(json_extract_string(labels, '$.le'), '+Inf') as double) as upper_bound
    from metric_samples join metric_rules using (resource_type, metric, unit)
    where kind <> 'gauge'
    window series as (partition by source, resource_id, metric, labels order by sampled_at)
),

buckets as (
    select
        date_trunc('hour', sampled_at) as hour, source, resource_type, resource_id, metric, upper_bound,
        min(threshold) as threshold, count(*) as samples, sum(increase::decimal(31, 10)) as observations
    from counters where kind = 'histogram' group by all
),

histograms as (
    select *, max(observations) over (partition by hour, source, resource_type, resource_id, metric) as total
    from buckets
),

readings as (
    select
        sampled_at, source, resource_type, resource_id, metric, value as reading, value as amount, 1 as weight,
        1 as per_seconds, threshold
    from metric_samples join metric_rules using (resource_type, metric, unit)
    where kind = 'gauge'
    union all
    select
        sampled_at, source, resource_type, resource_id, metric, increase / seconds * per_seconds, increase,
        if(increase is not null, seconds, null), per_seconds, threshold
    from counters where kind = 'counter'
),

summaries as (
    select
        date_trunc('hour', sampled_at) as hour, source, resource_type, resource_id, metric, count(*) as samples,
        sum(amount) / nullif(sum(weight), 0) * max(per_seconds) as avg_value, max(reading) as max_value,
        quantile_disc(reading, 0.95) as p95_value, min(threshold) as threshold
    from readings group by all
    union all
    select
        hour, source, resource_type, resource_id, metric, sum(samples)::bigint, null,
        min(upper_bound) filter (total > 0 and observations >= total),
        min(upper_bound) filter (total > 0 and observations * 100 >= total * 95), min(threshold)
    from histograms group by all
)

select *, coalesce(max_value > threshold, false) as is_breach from summaries;

create table platform.infrastructure_breaches as
with ranked as (
    select
        *, hour - to_hours(row_number() over (partition by source, resource_type, resource_id, metric order by hour))
            as stretch
    from platform.infrastructure_hourly where is_breach and hour < as_of() + 1
)

select
    source, resource_type, resource_id, metric, max(threshold) as threshold, count(*) as hours,
    max(max_value) as worst_value, max(hour) + interval '1 hour' >= as_of() + 1 as is_ongoing, min(hour) as began_at,
    max(hour) + interval '1 hour' as ended_at
from ranked group by source, resource_type, resource_id, metric, stretch;

-- A span's own time is its duration without what its children overlap of it.
create table platform.traces_hourly as
with in_children as (
    select
        spans.span_id, sum(greatest(least(
            date_diff('microsecond', spans.started_at, children.started_at) / 1000 + children.duration_ms,
            spans.duration_ms
        ) - greatest(date_diff('microsecond', spans.started_at, children.started_at) / 1000, 0), 0)) as children_ms
    from trace_spans as spans join trace_spans as children on
        children.parent_span_id = spans.span_id and children.trace_id = spans.trace_id
        and children.span_id <> spans.span_id
    group by all
),

hours as (
    select
        date_trunc('hour', started_at) as hour, service, operation, count(*) as spans,
        count(*) filter (is_error) as errors, count(*) filter (is_throttled) as throttles,
        quantile_disc(duration_ms, 0.95) as p95_ms,
        sum(greatest(duration_ms - coalesce(children_ms, 0), 0)::decimal(18, 6)) as self_ms
    from trace_spans left join in_children using (span_id) group by all
)

select
    * exclude (self_ms), self_ms / nullif(sum(self_ms) over (partition by hour), 0) as self_time_share
from hours;

create temp table log_patterns_hourly as
select date_trunc('hour', logged_at) as hour, service, level, masked(message) as pattern, count(*) as lines
from app_logs group by all;

create table platform.logs_hourly as
select hour, service, level, sum(lines)::bigint as lines, count(*) as distinct_messages
from log_patterns_hourly group by hour, service, level;

create table platform.log_patterns_daily as
select hour::date as activity_date, service, level, pattern, sum(lines)::bigint as lines
from log_patterns_hourly group by all;

create table platform.log_patterns as
select
    service, level, pattern, sum(lines)::bigint as lines, count(*) as days, min(activity_date) as first_seen_on,
    max(activity_date) as last_seen_on
from platform.log_patterns_daily group by all;

-- An answer holds until the next one, the last one of a day until the day's end and on until the next day's first.
create table platform.integrations_daily as
with checks as (
    select
        checked_at::date as activity_date, integration, status, latency_ms, checked_at,
        lag(status) over answers as before, lag(checked_at::date) over answers as date_before,
        least(coalesce(lead(checked_at) over answers, activity_date + 1), activity_date + 1) as until
    from integration_status window answers as (partition by integration order by checked_at, check_id)
),

downtimes as (
    select
        *,
        if(status = 'down', date_diff('microsecond', checked_at, until), 0)
        + if(before = 'down' and date_before = activity_date - 1,
            date_diff('microsecond', activity_date::timestamp, checked_at), 0) as down,
        status = 'down' and not coalesce(before = 'down' and date_before >= activity_date - 1, false) as is_incident
    from checks
)

select
    activity_date, integration, count(*) as checks, avg((status <> 'down')::int) as uptime,
    quantile_disc(latency_ms, 0.95) as p95_latency_ms, count(*) filter (is_incident) as incidents,
    round(sum(down) / 6e7, 2)::decimal(12, 2) as downtime_minutes
from downtimes group by all;
