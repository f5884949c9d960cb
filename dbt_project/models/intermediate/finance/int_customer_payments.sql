{{ config(
    materialized='incremental',
    pre_hook=forget_touched(['user_id', 'payment_date'], 'touched_customer_days')
) }}

with

payments as (

    select
        attempt_id,
        user_id,
        kind,
        currency,
        case kind when 'bill' then fee_minor else amount_minor + fee_minor end as revenue_minor,
        payment_date,
        attempted_at
    from {{ ref('stg_finance__payments') }}
    where
        user_id is not null
        and status = 'succeeded'
        and {{ is_touched(['user_id', 'payment_date'], 'touched_customer_days') }}

),

refunds as (

    select * from {{ ref('stg_finance__refunds') }}

),

rates as (

    select * from {{ ref('int_currency_rates') }}

),

revenue_payments as (

    select * from payments
    where revenue_minor > 0

),

flows as (

    select
        user_id,
        currency,
        revenue_minor,
        payment_date,
        payment_date as value_date,
        attempted_at
    from revenue_payments

    union all

    select
        revenue_payments.user_id,
        coalesce(refunds.currency, revenue_payments.currency) as currency,
        case revenue_payments.kind
            when 'bill' then -refunds.fee_minor
            else -refunds.amount_minor - refunds.fee_minor
        end as revenue_minor,
        revenue_payments.payment_date,
        refunds.refund_date as value_date,
        null as attempted_at
    from revenue_payments
    inner join refunds on revenue_payments.attempt_id = refunds.attempt_id

),

final as (

    select
        flows.user_id,
        cast(sum({{ in_reporting_currency('flows.revenue_minor', 'rates') }}) as decimal(38, 14)) as value,
        flows.payment_date,
        flows.value_date,
        min(flows.attempted_at) as first_attempted_at
    from flows
    left join rates
        on
            flows.currency = rates.currency
            and flows.value_date >= rates.valid_from
            and flows.value_date < rates.valid_until
    group by flows.user_id, flows.payment_date, flows.value_date

)

select * from final
