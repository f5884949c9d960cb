MODEL (name finance.mrr_monthly, kind FULL);

WITH deliveries AS (
    SELECT MAX(dt) AS as_of FROM raw.events
),

subscriptions AS (
    SELECT DISTINCT ON (subscription_id, effective_at) *
    FROM READ_JSON(
        'subscriptions/*/*.ndjson.gz',
        columns = {
            subscription_id: 'varchar', effective_at: 'timestamp', user_id: 'varchar', status: 'varchar',
            amount_minor: 'bigint', currency: 'varchar', interval: 'varchar', interval_count: 'bigint',
            quantity: 'bigint', discount_minor: 'bigint'
        },
        format = 'newline_delimited', ignore_errors = true, hive_types = {dt: 'date'}
    )
    WHERE effective_at <= dt + INTERVAL '2 days'
),

units AS (
    SELECT DISTINCT currency, unit FROM staging.rates
),

states AS (
    SELECT
        user_id, subscriptions.currency, status, CAST(effective_at AS DATE) AS from_date,
        COALESCE(
            CAST(LEAD(effective_at) OVER (PARTITION BY subscription_id ORDER BY effective_at) AS DATE),
            DATE '9999-12-31'
        ) AS until_date,
        GREATEST(amount_minor * COALESCE(quantity, 1) - COALESCE(discount_minor, 0), 0) * unit
        * CASE "interval" WHEN 'year' THEN 1 WHEN 'month' THEN 12 WHEN 'week' THEN 52 WHEN 'day' THEN 365 END
        / COALESCE(interval_count, 1) / 12 AS mrr
    FROM subscriptions
    JOIN units ON subscriptions.currency = units.currency
),

paid_states AS (
    SELECT * FROM states WHERE status IN ('active', 'past_due') AND mrr > 0
),

first_paid AS (
    SELECT user_id, MIN(from_date) AS first_paid_date FROM paid_states GROUP BY user_id
),

month_starts AS (
    SELECT CAST(day AS DATE) AS month
    FROM UNNEST(GENERATE_SERIES(
        (SELECT DATE_TRUNC('month', MIN(first_paid_date)) FROM first_paid), (SELECT as_of FROM deliveries),
        INTERVAL '1 month'
    )) AS series (day)
),

months AS (
    SELECT
        month, month - 1 AS opening_date, LEAST(LAST_DAY(month), as_of) AS closing_date,
        LAST_DAY(month) <= as_of AS is_complete
    FROM month_starts CROSS JOIN deliveries
),

customers AS (
    SELECT
        months.month, user_id,
        SUM(CASE WHEN from_date <= opening_date AND until_date > opening_date THEN mrr * opening.rate END) AS opening,
        SUM(CASE WHEN from_date <= opening_date AND until_date > opening_date THEN mrr * closing.rate END) AS revalued,
        SUM(CASE WHEN from_date <= closing_date AND until_date > closing_date THEN mrr * closing.rate END) AS closing
    FROM months
    JOIN paid_states ON from_date <= closing_date AND until_date > opening_date
    JOIN staging.rates AS closing ON
        paid_states.currency = closing.currency
        AND closing_date >= closing.valid_from AND closing_date < closing.valid_until
    LEFT JOIN staging.rates AS opening ON
        paid_states.currency = opening.currency
        AND opening_date >= opening.valid_from AND opening_date < opening.valid_until
    GROUP BY months.month, user_id
),

movements AS (
    SELECT
        customers.month, COALESCE(opening, 0) AS opening, COALESCE(revalued, 0) AS revalued,
        COALESCE(closing, 0) AS closing, COALESCE(closing, 0) - COALESCE(revalued, 0) AS moved,
        CASE
            WHEN opening IS NULL AND first_paid_date >= customers.month THEN 'new'
            WHEN opening IS NULL THEN 'reactivation'
            WHEN closing IS NULL THEN 'churn'
            WHEN closing > revalued + 1e-9 THEN 'expansion'
            WHEN closing < revalued - 1e-9 THEN 'contraction'
        END AS movement
    FROM customers
    JOIN first_paid ON customers.user_id = first_paid.user_id
    WHERE opening IS NOT NULL OR closing IS NOT NULL
),

totals AS (
    SELECT
        months.month, is_complete, ROUND(COALESCE(SUM(opening), 0), 2) AS opening_mrr,
        ROUND(COALESCE(SUM(moved) FILTER (WHERE movement = 'new'), 0), 2) AS new_mrr,
        ROUND(COALESCE(SUM(moved) FILTER (WHERE movement = 'expansion'), 0), 2) AS expansion_mrr,
        ROUND(COALESCE(-SUM(moved) FILTER (WHERE movement = 'contraction'), 0), 2) AS contraction_mrr,
        ROUND(COALESCE(-SUM(moved) FILTER (WHERE movement = 'churn'), 0), 2) AS churned_mrr,
        ROUND(COALESCE(SUM(moved) FILTER (WHERE movement = 'reactivation'), 0), 2) AS reactivation_mrr,
        ROUND(COALESCE(SUM(revalued - opening), 0), 2) AS fx_mrr, ROUND(COALESCE(SUM(closing), 0), 2) AS closing_mrr,
        COUNT(movements.month) FILTER (WHERE movement IS DISTINCT FROM 'churn') AS active_customers,
        COUNT(*) FILTER (WHERE movement = 'new') AS new_customers,
        COUNT(*) FILTER (WHERE movement = 'churn') AS churned_customers,
        COUNT(*) FILTER (WHERE movement = 'reactivation') AS reactivated_customers
    FROM months
    LEFT JOIN movements ON months.month = movements.month
    GROUP BY months.month, is_complete
)

SELECT
    month, opening_mrr::DECIMAL(18, 2) AS opening_mrr, new_mrr::DECIMAL(18, 2) AS new_mrr,
    expansion_mrr::DECIMAL(18, 2) AS expansion_mrr, contraction_mrr::DECIMAL(18, 2) AS contraction_mrr,
    churned_mrr::DECIMAL(18, 2) AS churned_mrr, reactivation_mrr::DECIMAL(18, 2) AS reactivation_mrr,
    fx_mrr::DECIMAL(18, 2) AS fx_mrr, closing_mrr::DECIMAL(18, 2) AS closing_mrr, active_customers, new_customers,
    churned_customers, reactivated_customers,
    CAST(ROUND(closing_mrr / NULLIF(active_customers, 0), 2) AS DECIMAL(18, 2)) AS arpa,
    (opening_mrr + expansion_mrr - contraction_mrr - churned_mrr) / NULLIF(opening_mrr, 0) AS nrr,
    (opening_mrr - contraction_mrr - churned_mrr) / NULLIF(opening_mrr, 0) AS grr,
    (new_mrr + reactivation_mrr + expansion_mrr) / NULLIF(contraction_mrr + churned_mrr, 0) AS quick_ratio,
    is_complete
FROM totals
