{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_activity_days')
) }}

-- Users of a day by how long before they were active last, and how long after they will be next. A user who is active
-- on day t counts in a window of w days from t until t + w or the next active day: enters it on t unless still counted
-- from before, and leaves it on t + w unless active again by then. Sums of these give exact distinct users.
{%- set month_days = var('mau_window_days') %}
with

test_users as (

    select user_id from {{ ref('stg_product__users') }}
    where is_test

),

user_days as (

    select
        activity_date,
        platform,
        {{ days_between('previous_date', 'activity_date') }} as days_since,
        {{ days_between('activity_date', 'next_date') }} as days_until
    from {{ ref('int_user_days') }}
    where
        {{ is_touched('activity_date', 'touched_activity_days') }}
        and user_id not in (select test_users.user_id from test_users)

),

final as (

    select
        platform,
        cast(count(*) as bigint) as active_users,
        cast(sum(case when days_since is null then 1 else 0 end) as bigint) as new_users,
        cast(sum(case when days_since = 1 then 1 else 0 end) as bigint) as returning_users,
        cast(sum(case when days_since > 1 then 1 else 0 end) as bigint) as resurrected_users,
        cast(sum(case when days_until = 1 then 0 else 1 end) as bigint) as pausing_users,
        cast(sum(case when days_since <= 7 then 0 else 1 end) as bigint) as entering_week,
        cast(sum(case when days_until <= 7 then 0 else 1 end) as bigint) as leaving_week,
        cast(sum(case when days_since <= {{ month_days }} then 0 else 1 end) as bigint) as entering_month,
        cast(sum(case when days_until <= {{ month_days }} then 0 else 1 end) as bigint) as leaving_month,
        activity_date
    from user_days
    group by activity_date, platform

)

select * from final
