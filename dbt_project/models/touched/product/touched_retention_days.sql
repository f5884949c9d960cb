-- A day's counts by cohort change with its own rows, with which of them are the first of their week or month (that is
-- decided by the days of the same user before, in the same period), and with the cohorts of its users: a user whose
-- first day may have moved touches all days the user has.
with

touched_user_days as (

    select * from {{ ref('touched_user_days') }}

),

touched_days as (

    select distinct activity_date from touched_user_days

),

touched_users as (

    select
        user_id,
        min(activity_date) as first_touched
    from touched_user_days
    group by user_id

),

first_days as (

    select * from {{ ref('int_user_first_days') }}

),

moved_users as (

    select touched_users.user_id
    from touched_users
    inner join first_days on touched_users.user_id = first_days.user_id
    where touched_users.first_touched <= first_days.first_date

    union

    select user_id from {{ ref('touched_test_users') }}

),

user_days as (

    select * from {{ ref('int_user_days') }}
    where platform = 'all'

),

final as (

    select
        {{ each_day(
            'activity_date',
            'greatest(' ~ last_day_of_week('activity_date') ~ ', ' ~ last_day_of_month('activity_date') ~ ')'
        ) }} as activity_date
    from touched_days

    union

    select user_days.activity_date
    from user_days
    inner join moved_users on user_days.user_id = moved_users.user_id

    union

    select activity_date from {{ ref('touched_run_days') }}

)

select distinct activity_date from final
