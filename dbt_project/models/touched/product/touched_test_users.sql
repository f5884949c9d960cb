-- Figures of product leave test users out when they are summed up, so that a user who turns out to be one (or none)
-- touches the sums over the user's days and nothing else.
with

changed_users as (

    select distinct user_id from {{ source('changed', 'users') }}

),

users as (

    select * from {{ ref('stg_product__users') }}

),

former as (

    {{ of_last_build('int_registrations', {'user_id': 'varchar', 'is_test': 'boolean'}) }}

),

final as (

    select changed_users.user_id
    from changed_users
    left join users on changed_users.user_id = users.user_id
    left join former on changed_users.user_id = former.user_id
    where coalesce(users.is_test, false) <> coalesce(former.is_test, false)

)

select * from final
