with

subscriptions as (

    select * from {{ source('finance', 'subscriptions') }}

),

renamed as (

    select
        subscriptions.subscription_id,
        subscriptions.effective_at,
        subscriptions.user_id,
        subscriptions.plan_id,
        subscriptions.status,
        subscriptions.amount_minor,
        subscriptions.currency,
        subscriptions.interval as billing_interval,
        coalesce(subscriptions.interval_count, 1) as interval_count,
        coalesce(subscriptions.quantity, 1) as quantity,
        coalesce(subscriptions.discount_minor, 0) as discount_minor,
        subscriptions.cancel_reason
    from subscriptions

)

select * from renamed
