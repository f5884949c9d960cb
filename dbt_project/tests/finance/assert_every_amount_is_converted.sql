-- Fails if money moved that can't be told in the reporting currency although a rate is known: its currency code is
-- unknown, or the sum is beyond 10^15 units of the currency.
select
    payment_date,
    kind,
    method,
    currency
from {{ ref('int_payment_flows_converted') }}
where
    rate is not null
    and (volume is null or fee_revenue is null or refunded is null or chargebacks is null)
