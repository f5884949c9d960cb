-- An account that changed only in what registrations do not tell (a new address) touches nothing.
with

changed_users as (

    select distinct user_id from {{ source('changed', 'users') }}

),

changed_events as (

    select
        user_id,
        event_at
    from {{ source('changed', 'events') }}
    where {{ is_activity() }}

),

run_days as (

    select * from {{ ref('touched_run_days') }}

),

users as (

    select * from {{ ref('stg_product__users') }}

),

former as (

    {{ of_last_build('int_registrations', {
        'user_id': 'varchar', 'acquisition_channel': 'varchar', 'is_test': 'boolean', 'registration_date': 'date',
        'registered_at': 'timestamp'
    }) }}

),

changed_accounts as (

    select
        changed_users.user_id,
        former.registration_date as former_date,
        users.registration_date as present_date
    from changed_users
    left join former on changed_users.user_id = former.user_id
    left join users on changed_users.user_id = users.user_id
    where
        former.registered_at is distinct from users.registered_at
        or former.is_test is distinct from users.is_test
        or former.acquisition_channel is distinct from coalesce(users.acquisition_channel, 'unknown')

),

final as (

    select
        user_id,
        former_date as registration_date
    from changed_accounts

    union

    select
        user_id,
        present_date as registration_date
    from changed_accounts

    union

    select
        users.user_id,
        users.registration_date
    from users
    inner join changed_events on users.user_id = changed_events.user_id
    where {{ is_within_activation_window('users.registered_at', 'changed_events.event_at') }}

    union

    select
        users.user_id,
        users.registration_date
    from users
    inner join run_days on users.registration_date = run_days.activity_date

)

select * from final
