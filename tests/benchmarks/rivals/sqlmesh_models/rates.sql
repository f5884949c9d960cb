MODEL (name staging.rates, kind FULL);

WITH versions AS (
    SELECT rate_date, currency, rate, ROW_NUMBER() OVER (
        PARTITION BY rate_date, currency ORDER BY updated_at DESC, dt DESC
    ) AS latest_first
    FROM READ_CSV(
        'exchange_rates/*/*.csv',
        columns = {rate_date: 'date', currency: 'varchar', rate: 'decimal(18, 10)', updated_at: 'timestamp'},
        auto_detect = false, header = true, hive_types = {dt: 'date'}
    )
    WHERE currency <> 'USD'
),

all_rates AS (
    SELECT currency, rate_date, rate FROM versions WHERE latest_first = 1
    UNION ALL
    SELECT 'USD', DATE '1970-01-01', 1
)

SELECT
    all_rates.currency, rate, rate_date AS valid_from,
    LEAD(rate_date, 1, DATE '9999-12-31') OVER (PARTITION BY all_rates.currency ORDER BY rate_date) AS valid_until,
    CAST(POWER(0.1, minor_unit_exponent) AS DECIMAL(5, 4)) AS unit
FROM all_rates
JOIN READ_CSV('finance/currencies.csv', header = true) AS currencies ON all_rates.currency = currencies.currency
