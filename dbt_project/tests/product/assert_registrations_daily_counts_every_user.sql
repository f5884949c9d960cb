-- Fails if a registered person (no test user) is missing from the daily figures, or in them twice.
with

published as (

    select cast(coalesce(sum(registrations), 0) as bigint) as registrations
    from {{ ref('registrations_daily') }}

),

delivered as (

    select count(*) as registrations
    from {{ ref('stg_product__users') }}
    where not is_test

)

select
    published.registrations as published_registrations,
    delivered.registrations as delivered_registrations
from published
cross join delivered
where published.registrations <> delivered.registrations
