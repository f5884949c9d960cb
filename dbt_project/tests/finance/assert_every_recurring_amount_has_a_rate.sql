-- Fails if a customer has recurring revenue at the end of a day for whose currency no exchange rate is known on or
-- before it. Once a currency has a rate, it has one on every later day.
with

paid_states as (

    select * from {{ ref('int_subscription_states') }}
    where (arr > 0 or arr is null) and from_date < until_date and from_date <= {{ as_of() }}

),

first_rates as (

    select
        currency,
        min(valid_from) as valid_from
    from {{ ref('int_currency_rates') }}
    group by currency

)

select
    paid_states.currency,
    first_rates.valid_from as first_rate_from,
    count(*) as states
from paid_states
left join first_rates on paid_states.currency = first_rates.currency
where first_rates.valid_from is null or paid_states.from_date < first_rates.valid_from
group by paid_states.currency, first_rates.valid_from
