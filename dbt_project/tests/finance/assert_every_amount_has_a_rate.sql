-- Fails if money moved on a day for whose currency no exchange rate is known on or before it.
select
    payment_date,
    currency,
    cast(sum(attempts) as bigint) as attempts
from {{ ref('int_payment_flows_converted') }}
where
    rate is null
    and (volume is null or fee_revenue is null or refunded is null or chargebacks is null)
group by payment_date, currency
