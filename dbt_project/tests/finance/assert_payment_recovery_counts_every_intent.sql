-- Fails if an intent to pay is missing from the monthly figures, or in them twice.
with

published as (

    select cast(coalesce(sum(intents), 0) as bigint) as intents
    from {{ ref('payment_recovery_monthly') }}

),

delivered as (

    select count(distinct payment_id) as intents
    from {{ ref('stg_finance__payments') }}

)

select
    published.intents as published_intents,
    delivered.intents as delivered_intents
from published
cross join delivered
where published.intents <> delivered.intents
