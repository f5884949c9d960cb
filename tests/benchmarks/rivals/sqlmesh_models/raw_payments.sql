MODEL (name raw.payments, kind INCREMENTAL_BY_TIME_RANGE (time_column dt));

SELECT attempt_id, kind, method, status, amount_minor, fee_minor, currency, attempted_at, updated_at, dt
FROM READ_JSON(
    'payments/*/*.ndjson.gz',
    columns = {
        attempt_id: 'varchar', kind: 'varchar', method: 'varchar', status: 'varchar', amount_minor: 'bigint',
        fee_minor: 'bigint', currency: 'varchar', attempted_at: 'timestamp', updated_at: 'timestamp'
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
WHERE dt BETWEEN @start_date AND @end_date AND updated_at <= dt + INTERVAL '2 days'
