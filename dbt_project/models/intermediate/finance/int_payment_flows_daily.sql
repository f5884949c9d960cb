{{ config(
    materialized='incremental',
    pre_hook=forget_touched('payment_date', 'touched_payment_days')
) }}

-- Aggregated before rates are joined, so that the range join is over days and currencies, not over payments.
with

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

refunds as (

    select * from {{ ref('int_refunds_attributed') }}

),

flows as (

    select
        payment_date,
        kind,
        coalesce(method, 'unknown') as method,
        currency,
        1 as attempts,
        case when status = 'succeeded' then 1 else 0 end as succeeded,
        case when status = 'failed' then 1 else 0 end as failed,
        case when status = 'pending' then 1 else 0 end as pending,
        case when status = 'succeeded' then amount_minor else 0 end as volume_minor,
        case when status = 'succeeded' then fee_minor else 0 end as fee_minor,
        0 as refunded_minor,
        0 as chargebacks_minor
    from payments
    where {{ is_touched('payment_date', 'touched_payment_days') }}

    union all

    select
        refund_date as payment_date,
        kind,
        method,
        currency,
        0 as attempts,
        0 as succeeded,
        0 as failed,
        0 as pending,
        0 as volume_minor,
        0 as fee_minor,
        amount_minor as refunded_minor,
        case when is_chargeback then amount_minor else 0 end as chargebacks_minor
    from refunds
    where {{ is_touched('payment_date', 'touched_payment_days', of='refund_date') }}

),

final as (

    select
        kind,
        method,
        currency,
        cast(sum(attempts) as bigint) as attempts,
        cast(sum(succeeded) as bigint) as succeeded,
        cast(sum(failed) as bigint) as failed,
        cast(sum(pending) as bigint) as pending,
        cast(sum(volume_minor) as decimal(38, 0)) as volume_minor,
        cast(sum(fee_minor) as decimal(38, 0)) as fee_minor,
        cast(sum(refunded_minor) as decimal(38, 0)) as refunded_minor,
        cast(sum(chargebacks_minor) as decimal(38, 0)) as chargebacks_minor,
        payment_date
    from flows
    group by payment_date, kind, method, currency

)

select * from final
