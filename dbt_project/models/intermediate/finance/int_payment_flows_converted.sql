with

flows as (

    select * from {{ ref('int_payment_flows_daily') }}

),

rates as (

    select * from {{ ref('int_currency_rates') }}

)

select
    flows.kind,
    flows.method,
    flows.currency,
    flows.attempts,
    flows.succeeded,
    flows.failed,
    flows.pending,
    rates.rate,
    {{ in_reporting_currency('flows.volume_minor', 'rates.minor_unit_exponent', 'rates.rate') }} as volume,
    {{ in_reporting_currency('flows.fee_minor', 'rates.minor_unit_exponent', 'rates.rate') }} as fee_revenue,
    {{ in_reporting_currency('flows.refunded_minor', 'rates.minor_unit_exponent', 'rates.rate') }} as refunded,
    {{ in_reporting_currency('flows.chargebacks_minor', 'rates.minor_unit_exponent', 'rates.rate') }} as chargebacks,
    flows.payment_date
from flows
left join rates
    on
        flows.currency = rates.currency
        and flows.payment_date >= rates.valid_from
        and flows.payment_date < rates.valid_until
