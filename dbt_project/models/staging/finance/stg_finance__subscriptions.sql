with

subscriptions as (

    select * from {{ source('finance', 'subscriptions') }}

),

renamed as (

    select
        subscription_id,
        effective_at,
        user_id,
        plan_id,
        status,
        amount_minor,
        currency,
        subscriptions.interval as billing_interval,
        coalesce(interval_count, 1) as interval_count,
        coalesce(quantity, 1) as quantity,
        coalesce(discount_minor, 0) as discount_minor,
        cancel_reason
    from subscriptions

)

select * from renamed
