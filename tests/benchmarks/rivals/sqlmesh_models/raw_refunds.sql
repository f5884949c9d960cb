MODEL (name raw.refunds, kind INCREMENTAL_BY_TIME_RANGE (time_column dt));

SELECT refund_id, attempt_id, refunded_at, amount_minor, currency, reason, dt
FROM READ_JSON(
    'refunds/*/*.ndjson.gz',
    columns = {
        refund_id: 'varchar', attempt_id: 'varchar', refunded_at: 'timestamp', amount_minor: 'bigint',
        currency: 'varchar', reason: 'varchar'
    },
    format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
)
WHERE dt BETWEEN @start_date AND @end_date AND refunded_at <= dt + INTERVAL '2 days'
