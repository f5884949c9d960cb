with

refunds as (

    select * from {{ ref('stg_finance__refunds') }}

),

payments as (

    select * from {{ ref('stg_finance__payments') }}

),

final as (

    select
        refunds.refund_id,
        coalesce(payments.kind, 'unknown') as kind,
        coalesce(payments.method, 'unknown') as method,
        coalesce(refunds.currency, payments.currency, '{{ var("reporting_currency") }}') as currency,
        refunds.amount_minor,
        refunds.is_chargeback,
        refunds.currency is null and payments.currency is null as is_currency_assumed,
        refunds.refund_date
    from refunds
    left join payments on refunds.attempt_id = payments.attempt_id

)

select * from final
