-- Activation is decided over events between registration and seven days after it, half-open: an event at the very
-- end of the window no longer counts.
with

users as (

    select * from {{ ref('stg_product__users') }}
    where not is_test

),

activities as (

    select
        user_id,
        event_at
    from {{ ref('stg_product__events') }}
    where is_activity

),

final as (

    select
        users.user_id,
        min(activities.event_at) as activated_at
    from users
    inner join activities
        on
            users.user_id = activities.user_id
            and users.registered_at <= activities.event_at
            and {{ plus_days('users.registered_at', 7) }} > activities.event_at
    group by users.user_id

)

select * from final
