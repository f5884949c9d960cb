-- Fails if something was spent in a currency without an exchange rate known on or before that day.
with

marketing_spend as (

    select * from {{ ref('stg_finance__marketing_spend') }}
    where spend_minor > 0 and spend_date <= {{ as_of() }}

),

first_rates as (

    select
        currency,
        min(valid_from) as valid_from
    from {{ ref('int_currency_rates') }}
    group by currency

)

select
    marketing_spend.currency,
    first_rates.valid_from as first_rate_from,
    count(*) as days_and_campaigns
from marketing_spend
left join first_rates on marketing_spend.currency = first_rates.currency
where first_rates.valid_from is null or marketing_spend.spend_date < first_rates.valid_from
group by marketing_spend.currency, first_rates.valid_from
