{{ config(
    materialized='incremental',
    pre_hook=forget_touched('user_id', 'touched_registrants')
) }}
{{ is_compared_by(['touched_test_users']) }}

with

users as (

    select * from {{ ref('stg_product__users') }}
    where {{ is_touched('user_id', 'touched_registrants') }}

),

activities as (

    select
        user_id,
        event_at
    from {{ ref('stg_product__events') }}
    where
        is_activity
        and {{ is_near_touched(
            'event_at', 'touched_registrants', 'registration_date', add_days('registration_date', 8)
        ) }}

),

activations as (

    select
        users.user_id,
        min(activities.event_at) as activated_at
    from users
    inner join activities
        on
            users.user_id = activities.user_id
            and {{ is_within_activation_window('users.registered_at', 'activities.event_at') }}
    group by users.user_id

),

final as (

    select
        users.user_id,
        coalesce(users.acquisition_channel, 'unknown') as acquisition_channel,
        users.is_test,
        users.registration_date,
        users.registered_at,
        activations.activated_at
    from users
    left join activations on users.user_id = activations.user_id

)

select * from final
