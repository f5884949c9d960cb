MODEL (name platform.api_performance_hourly, kind INCREMENTAL_BY_TIME_RANGE (time_column hour, lookback 6));

WITH requests AS (
    SELECT DISTINCT ON (request_id) *, DATE_TRUNC('hour', started_at) AS hour
    FROM raw.api_requests
    WHERE started_at BETWEEN @start_ts AND @end_ts
)

SELECT
    hour, service, method, route, COUNT(*) AS requests,
    COUNT(*) FILTER (WHERE status_code BETWEEN 400 AND 499) AS errors_4xx,
    COUNT(*) FILTER (WHERE status_code BETWEEN 500 AND 599) AS errors_5xx,
    COUNT(*) FILTER (WHERE status_code BETWEEN 500 AND 599) / COUNT(*) AS error_rate,
    QUANTILE_DISC(duration_ms, 0.5) AS p50_ms, QUANTILE_DISC(duration_ms, 0.95) AS p95_ms,
    QUANTILE_DISC(duration_ms, 0.99) AS p99_ms, AVG(duration_ms) AS avg_ms,
    COUNT(*) FILTER (WHERE cache_status = 'hit')
    / NULLIF(COUNT(*) FILTER (WHERE cache_status IN ('hit', 'miss')), 0) AS cache_hit_rate,
    CAST(SUM(bytes_sent) AS BIGINT) AS bytes_sent
FROM requests
GROUP BY hour, service, method, route
