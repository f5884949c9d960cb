with

users as (

    select * from {{ ref('stg_product__users') }}
    where not is_test

),

activations as (

    select * from {{ ref('int_user_activations') }}

),

registrations as (

    select
        users.registration_date,
        coalesce(users.acquisition_channel, 'unknown') as acquisition_channel,
        case when activations.activated_at is not null then 1 else 0 end as activated
    from users
    left join activations on users.user_id = activations.user_id

),

final as (

    select
        registration_date,
        acquisition_channel,
        cast(count(*) as bigint) as registrations,
        cast(sum(activated) as bigint) as activated_within_7d
    from registrations
    group by registration_date, acquisition_channel

)

select * from final
