-- A changed row ends, or no longer ends, the state before it, which may be that of another customer.
with

changed_subscriptions as (

    select * from {{ source('changed', 'subscriptions') }}

),

touched_subscriptions as (

    select * from {{ ref('touched_subscriptions') }}

),

subscriptions as (

    select * from {{ ref('stg_finance__subscriptions') }}

),

final as (

    select user_id
    from changed_subscriptions

    union

    select subscriptions.user_id
    from subscriptions
    inner join touched_subscriptions on subscriptions.subscription_id = touched_subscriptions.subscription_id

)

select * from final
