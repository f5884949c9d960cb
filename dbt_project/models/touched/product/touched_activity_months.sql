with

test_users as (

    select * from {{ ref('touched_test_users') }}

),

user_days as (

    select * from {{ ref('int_user_days') }}
    where platform = 'all'

),

days as (

    select activity_date from {{ ref('touched_user_days') }}

    union

    select user_days.activity_date
    from user_days
    inner join test_users on user_days.user_id = test_users.user_id

    union

    select activity_date from {{ ref('touched_run_days') }}

),

final as (

    select distinct {{ month_of('activity_date') }} as month
    from days

)

select * from final
