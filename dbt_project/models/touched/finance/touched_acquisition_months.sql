-- A customer is new in the month of the first state that pays. A changed state can move that only among months from its
-- own on; another channel of a user moves it within its month.
with

changed_users as (

    select * from {{ source('changed', 'users') }}

),

changed_spend as (

    select * from {{ source('changed', 'marketing_spend') }}

),

changed_subscriptions as (

    select * from {{ source('changed', 'subscriptions') }}

),

customers as (

    select * from {{ ref('int_paying_customers') }}

),

as_of_days as (

    select * from {{ ref('touched_as_of_days') }}

),

rate_days as (

    select * from {{ ref('touched_rate_days') }}

),

first_changed_month as (

    select {{ month_of(local_date('min(effective_at)')) }} as month
    from changed_subscriptions

),

final as (

    select {{ month_of(local_date('registered_at')) }} as month
    from changed_users

    union

    select {{ month_of('customers.first_paid_date') }} as month
    from customers
    inner join changed_users on customers.user_id = changed_users.user_id

    union

    select {{ each_month('month', month_of(as_of())) }} as month
    from first_changed_month

    union

    select {{ month_of('spend_date') }} as month
    from changed_spend

    union

    select {{ month_of('day') }} as month
    from as_of_days

    union

    select {{ month_of('day') }} as month
    from rate_days

)

select * from final
