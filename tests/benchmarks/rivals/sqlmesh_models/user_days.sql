MODEL (name staging.user_days, kind INCREMENTAL_BY_TIME_RANGE (time_column activity_date, lookback 6));

SELECT DISTINCT user_id, platform, CAST(event_at AS DATE) AS activity_date
FROM raw.events
WHERE
    CAST(event_at AS DATE) BETWEEN @start_date AND @end_date
    AND user_id NOT IN (SELECT user_id FROM raw.users WHERE is_test)
