MODEL (name raw.events, kind INCREMENTAL_BY_TIME_RANGE (time_column dt));

SELECT event_id, event_at, user_id, COALESCE(platform, 'unknown') AS platform, dt
FROM READ_JSON(
    'events/*/*.ndjson.gz',
    columns = {
        event_id: 'varchar', event_at: 'timestamp', user_id: 'varchar', event_name: 'varchar', platform: 'varchar',
        is_bot: 'boolean'
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
WHERE
    dt BETWEEN @start_date AND @end_date
    AND event_at <= dt + INTERVAL '2 days'
    AND event_name NOT IN ('push_received', 'email_delivered', 'background_sync')
    AND is_bot IS NOT TRUE
    AND user_id IS NOT NULL
