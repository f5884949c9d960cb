MODEL (name finance.payments_daily, kind INCREMENTAL_BY_TIME_RANGE (time_column payment_date, lookback 14));

WITH versions AS (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY attempt_id ORDER BY updated_at DESC, dt DESC) AS latest_first
    FROM raw.payments
),

payments AS (
    SELECT *, CAST(attempted_at AS DATE) AS payment_date FROM versions WHERE latest_first = 1
),

refunds AS (
    SELECT DISTINCT ON (refund_id) *, CAST(refunded_at AS DATE) AS payment_date FROM raw.refunds
),

flows AS (
    SELECT
        payment_date, kind, COALESCE(method, 'unknown') AS method, currency, 1 AS attempts,
        CAST(status = 'succeeded' AS INT) AS succeeded, CAST(status = 'failed' AS INT) AS failed,
        CAST(status = 'pending' AS INT) AS pending,
        CASE WHEN status = 'succeeded' THEN amount_minor ELSE 0 END AS volume,
        CASE WHEN status = 'succeeded' THEN COALESCE(fee_minor, 0) ELSE 0 END AS fees,
        0 AS refunded, 0 AS chargebacks
    FROM payments
    WHERE payment_date BETWEEN @start_date AND @end_date
    UNION ALL
    SELECT
        refunds.payment_date, COALESCE(kind, 'unknown'), COALESCE(method, 'unknown'),
        COALESCE(refunds.currency, payments.currency, 'USD'), 0, 0, 0, 0, 0, 0, refunds.amount_minor,
        CASE WHEN reason = 'chargeback' THEN refunds.amount_minor ELSE 0 END
    FROM refunds
    LEFT JOIN payments ON refunds.attempt_id = payments.attempt_id
    WHERE refunds.payment_date BETWEEN @start_date AND @end_date
),

totals AS (
    SELECT
        payment_date, kind, method, CAST(SUM(attempts) AS BIGINT) AS attempts,
        CAST(SUM(succeeded) AS BIGINT) AS succeeded, CAST(SUM(failed) AS BIGINT) AS failed,
        CAST(SUM(pending) AS BIGINT) AS pending, CAST(ROUND(SUM(volume * unit * rate), 2) AS DECIMAL(18, 2)) AS volume,
        CAST(ROUND(SUM(fees * unit * rate), 2) AS DECIMAL(18, 2)) AS fee_revenue,
        CAST(ROUND(SUM(refunded * unit * rate), 2) AS DECIMAL(18, 2)) AS refunded,
        CAST(ROUND(SUM(chargebacks * unit * rate), 2) AS DECIMAL(18, 2)) AS chargebacks
    FROM flows
    LEFT JOIN staging.rates AS rates ON
        flows.currency = rates.currency AND payment_date >= valid_from AND payment_date < valid_until
    GROUP BY payment_date, kind, method
)

SELECT
    payment_date, kind, method, attempts, succeeded, failed, pending,
    succeeded / NULLIF(succeeded + failed, 0) AS success_rate, volume,
    CAST(ROUND(volume / NULLIF(succeeded, 0), 2) AS DECIMAL(18, 2)) AS avg_value, fee_revenue, refunded, chargebacks,
    CAST(volume - refunded AS DECIMAL(18, 2)) AS net_volume
FROM totals
