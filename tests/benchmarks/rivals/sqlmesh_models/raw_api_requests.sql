MODEL (name raw.api_requests, kind INCREMENTAL_BY_TIME_RANGE (time_column dt));

SELECT request_id, started_at, service, method, route, status_code, duration_ms, cache_status, bytes_sent, dt
FROM READ_PARQUET('api_requests/*/*.parquet', hive_types = {dt: 'date'})
WHERE dt BETWEEN @start_date AND @end_date AND started_at <= dt + INTERVAL '2 days'
