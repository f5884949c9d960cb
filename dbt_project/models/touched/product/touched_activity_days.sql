-- A day's counts in int_activity_daily are those of its own rows, so only days with a row whose flags changed count.
-- The flags compare a row's day with the previous and next day of its user. Of a row that is not touched itself, the
-- nearer one of the old and new neighbour is always a touched day (it came or it went):
-- * whether the neighbour lies within a window can only change if that touched day does;
-- * whether there is a previous day at all (new users), only if it is touched now, or was and is gone.
{%- set window_days = 'greatest(7, ' ~ var('mau_window_days') ~ ')' %}
with

touched_user_days as (

    select * from {{ ref('touched_user_days') }}

),

touched_users as (

    select
        user_id,
        min(activity_date) as first_date
    from touched_user_days
    group by user_id

),

touched_days as (

    select distinct activity_date from touched_user_days

),

test_users as (

    select * from {{ ref('touched_test_users') }}

),

user_days as (

    select * from {{ ref('int_user_days') }}

),

final as (

    select
        {{ each_day(
            add_days('activity_date', '-' ~ window_days), add_days('activity_date', window_days)
        ) }} as activity_date
    from touched_days

    union

    select user_days.activity_date
    from user_days
    inner join touched_user_days
        on
            user_days.user_id = touched_user_days.user_id
            and user_days.previous_date = touched_user_days.activity_date

    union

    select user_days.activity_date
    from user_days
    inner join touched_users
        on
            user_days.user_id = touched_users.user_id
            and user_days.activity_date > touched_users.first_date
    where user_days.previous_date is null

    union

    select user_days.activity_date
    from user_days
    inner join test_users on user_days.user_id = test_users.user_id

    union

    select activity_date from {{ ref('touched_run_days') }}

)

select distinct activity_date from final
