with

changed_subscriptions as (

    select * from {{ source('changed', 'subscriptions') }}

),

final as (

    select distinct subscription_id
    from changed_subscriptions

)

select * from final
