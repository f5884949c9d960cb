-- Fails if an attempt is missing from the daily figures, or in them twice.
with

published as (

    select cast(coalesce(sum(attempts), 0) as bigint) as attempts
    from {{ ref('payments_daily') }}

),

delivered as (

    select count(*) as attempts
    from {{ ref('stg_finance__payments') }}

)

select
    published.attempts as published_attempts,
    delivered.attempts as delivered_attempts
from published
cross join delivered
where published.attempts <> delivered.attempts
