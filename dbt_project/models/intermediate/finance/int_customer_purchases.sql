{{ config(
    materialized='incremental',
    pre_hook=forget_touched('user_id', 'touched_customers')
) }}

with

customer_payments as (

    select * from {{ ref('int_customer_payments') }}
    where
        payment_date <= {{ as_of() }}
        and value_date <= {{ as_of() }}
        and {{ is_touched('user_id', 'touched_customers') }}

),

payment_days as (

    select
        user_id,
        cast(sum(value) as decimal(38, 14)) as value,
        payment_date,
        min(first_attempted_at) as first_attempted_at
    from customer_payments
    group by user_id, payment_date

),

numbered as (

    select
        user_id,
        value,
        payment_date,
        first_attempted_at,
        row_number() over (partition by user_id order by payment_date nulls last) as payment_number
    from payment_days

),

final as (

    select
        user_id,
        cast(count(*) as bigint) as payments,
        cast(sum(value) as decimal(38, 14)) as historical_value,
        cast(sum(case when payment_number > 1 then value else 0 end) as decimal(38, 14)) as repeat_value,
        min(payment_date) as first_payment_date,
        max(payment_date) as last_payment_date,
        min(first_attempted_at) as first_payment_at
    from numbered
    group by user_id

)

select * from final
