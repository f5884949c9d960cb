-- Whatever is refunded of a payment counts with the payment, and both are converted at the rates of their own days.
with

changed_payments as (

    select * from {{ source('changed', 'payments') }}

),

changed_refunds as (

    select * from {{ source('changed', 'refunds') }}

),

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

refunds as (

    select * from {{ ref('stg_finance__refunds') }}

),

rate_days as (

    select * from {{ ref('touched_rate_days') }}

),

touched_refunds as (

    select attempt_id
    from changed_refunds

    union

    select refunds.attempt_id
    from refunds
    inner join rate_days on refunds.refund_date = rate_days.day

),

final as (

    select
        user_id,
        {{ local_date('attempted_at') }} as payment_date
    from changed_payments
    where user_id is not null

    union

    select
        payments.user_id,
        payments.payment_date
    from payments
    inner join rate_days on payments.payment_date = rate_days.day
    where payments.user_id is not null

    union

    select
        payments.user_id,
        payments.payment_date
    from payments
    inner join touched_refunds on payments.attempt_id = touched_refunds.attempt_id
    where payments.user_id is not null

)

select * from final
