{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_retention_days')
) }}

-- A user is counted once in a week, on the first active day in it: then the days of a week add up to distinct users.
-- The same for months.
with

test_users as (

    select user_id from {{ ref('stg_product__users') }}
    where is_test

),

first_days as (

    select * from {{ ref('int_user_first_days') }}

),

user_days as (

    select
        user_id,
        activity_date,
        case when previous_date >= {{ week_of('activity_date') }} then 0 else 1 end as first_in_week,
        case when previous_date >= {{ month_of('activity_date') }} then 0 else 1 end as first_in_month
    from {{ ref('int_user_days') }}
    where
        platform = 'all'
        and {{ is_touched('activity_date', 'touched_retention_days') }}
        and user_id not in (select test_users.user_id from test_users)

),

final as (

    select
        first_days.first_date,
        user_days.activity_date,
        cast(count(*) as bigint) as active_users,
        cast(sum(user_days.first_in_week) as bigint) as first_in_week,
        cast(sum(user_days.first_in_month) as bigint) as first_in_month
    from user_days
    inner join first_days on user_days.user_id = first_days.user_id
    group by first_days.first_date, user_days.activity_date

)

select * from final
