{{ config(
    materialized='incremental',
    pre_hook=[forget_touched('user_id', 'touched_subscribers'), forget_touched('month', 'touched_mrr_months')]
) }}

-- The history of touched customers, and the touched months of all others; in a full build there are no others.
with

months as (

    select * from {{ ref('int_mrr_months') }}

),

rates as (

    select * from {{ ref('int_currency_rates') }}

),

customers as (

    select * from {{ ref('int_paying_customers') }}

),

paid_states as (

    select * from {{ ref('int_subscription_states') }}
    where arr > 0

),

month_rates as (

    select
        months.month,
        closing_rates.currency,
        opening_rates.rate as opening_rate,
        closing_rates.rate as closing_rate,
        months.opening_date,
        months.closing_date
    from months
    inner join rates as closing_rates
        on
            months.closing_date >= closing_rates.valid_from
            and months.closing_date < closing_rates.valid_until
    left join rates as opening_rates
        on
            closing_rates.currency = opening_rates.currency
            and months.opening_date >= opening_rates.valid_from
            and months.opening_date < opening_rates.valid_until

),

touched_month_rates as (

    select * from month_rates
    where {{ is_touched('month', 'touched_mrr_months') }}

),

customer_months as (

    select
        paid_states.user_id,
        paid_states.arr,
        paid_states.from_date,
        paid_states.until_date,
        month_rates.month,
        month_rates.opening_rate,
        month_rates.closing_rate,
        month_rates.opening_date,
        month_rates.closing_date
    from paid_states
    inner join month_rates
        on
            paid_states.currency = month_rates.currency
            and paid_states.from_date <= month_rates.closing_date
            and paid_states.until_date > month_rates.opening_date
    where {{ is_touched('user_id', 'touched_subscribers', of='paid_states.user_id') }}

    union all

    select
        paid_states.user_id,
        paid_states.arr,
        paid_states.from_date,
        paid_states.until_date,
        touched_month_rates.month,
        touched_month_rates.opening_rate,
        touched_month_rates.closing_rate,
        touched_month_rates.opening_date,
        touched_month_rates.closing_date
    from paid_states
    inner join touched_month_rates
        on
            paid_states.currency = touched_month_rates.currency
            and paid_states.from_date <= touched_month_rates.closing_date
            and paid_states.until_date > touched_month_rates.opening_date
    where not {{ is_touched('user_id', 'touched_subscribers', of='paid_states.user_id') }}

),

ends as (

    select
        month,
        user_id,
        arr,
        opening_rate,
        closing_rate,
        from_date <= opening_date as is_open,
        until_date > closing_date as is_close
    from customer_months

),

totals as (

    select
        month,
        user_id,
        max(case when is_open then 1 else 0 end) = 1 as is_paying_before,
        max(case when is_close then 1 else 0 end) = 1 as is_paying_after,
        cast(sum(case when is_open then {{ arr_at_rate('arr', 'opening_rate') }} else 0 end) as decimal(38, 12))
            as opening_arr,
        cast(sum(case when is_open then {{ arr_at_rate('arr', 'closing_rate') }} else 0 end) as decimal(38, 12))
            as revalued_arr,
        cast(sum(case when is_close then {{ arr_at_rate('arr', 'closing_rate') }} else 0 end) as decimal(38, 12))
            as closing_arr
    from ends
    where is_open or is_close
    group by month, user_id

),

final as (

    select
        totals.month,
        totals.user_id,
        {{ movement_type('totals', 'customers.first_paid_date >= totals.month') }} as movement_type,
        totals.opening_arr,
        totals.revalued_arr,
        totals.closing_arr
    from totals
    inner join customers on totals.user_id = customers.user_id

)

select * from final
