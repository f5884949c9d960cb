with

flows as (

    select * from {{ ref('int_payment_flows_daily') }}

),

rates as (

    select * from {{ ref('int_currency_rates') }}

),

final as (

    select
        flows.kind,
        flows.method,
        flows.currency,
        flows.attempts,
        flows.succeeded,
        flows.failed,
        flows.pending,
        rates.rate,
        {{ in_reporting_currency('flows.volume_minor', 'rates') }} as volume,
        {{ in_reporting_currency('flows.fee_minor', 'rates') }} as fee_revenue,
        {{ in_reporting_currency('flows.refunded_minor', 'rates') }} as refunded,
        {{ in_reporting_currency('flows.chargebacks_minor', 'rates') }} as chargebacks,
        flows.payment_date
    from flows
    left join rates
        on
            flows.currency = rates.currency
            and flows.payment_date >= rates.valid_from
            and flows.payment_date < rates.valid_until

)

select * from final
