MODEL (name product.active_users_daily, kind INCREMENTAL_BY_TIME_RANGE (time_column activity_date, lookback 6));

WITH days AS (
    SELECT CAST(day AS DATE) AS activity_date
    FROM UNNEST(GENERATE_SERIES(@start_date, @end_date, INTERVAL '1 day')) AS series (day)
    WHERE day >= (SELECT MIN(activity_date) FROM staging.user_days)
),

on_platforms AS (
    SELECT user_id, platform, activity_date FROM staging.user_days
    WHERE activity_date BETWEEN @start_date - 29 AND @end_date
    UNION ALL
    SELECT DISTINCT user_id, 'all', activity_date FROM staging.user_days
    WHERE activity_date BETWEEN @start_date - 29 AND @end_date
),

platforms AS (
    SELECT DISTINCT platform FROM staging.user_days
    UNION ALL
    SELECT 'all'
),

counts AS (
    SELECT
        days.activity_date, platforms.platform,
        COUNT(DISTINCT user_id) FILTER (WHERE on_platforms.activity_date = days.activity_date) AS dau,
        COUNT(DISTINCT user_id) FILTER (WHERE on_platforms.activity_date > days.activity_date - 7) AS wau,
        COUNT(DISTINCT user_id) AS mau
    FROM days
    CROSS JOIN platforms
    LEFT JOIN on_platforms ON
        platforms.platform = on_platforms.platform
        AND on_platforms.activity_date BETWEEN days.activity_date - 29 AND days.activity_date
    GROUP BY days.activity_date, platforms.platform
)

SELECT activity_date, platform, dau, wau, mau, dau / NULLIF(mau, 0) AS stickiness
FROM counts
