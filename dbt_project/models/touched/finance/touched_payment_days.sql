-- A payment that arrives after its refund gives the refund its kind, method and currency, on the refund's day.
with

changed_payments as (

    select * from {{ source('changed', 'payments') }}

),

changed_refunds as (

    select * from {{ source('changed', 'refunds') }}

),

refunds as (

    select * from {{ ref('stg_finance__refunds') }}

),

final as (

    select {{ local_date('attempted_at') }} as payment_date
    from changed_payments

    union

    select {{ local_date('refunded_at') }} as payment_date
    from changed_refunds

    union

    select refunds.refund_date as payment_date
    from refunds
    inner join changed_payments on refunds.attempt_id = changed_payments.attempt_id

)

select * from final
