-- Fails if a day's active users are not its new, returning and resurrected ones, or do not follow from the day before.
with

active_users as (

    select
        activity_date,
        dau
    from {{ ref('active_users_daily') }}
    where platform = 'all'

),

lifecycle as (

    select * from {{ ref('user_lifecycle_daily') }}

),

days as (

    select
        coalesce(lifecycle.activity_date, active_users.activity_date) as activity_date,
        active_users.dau,
        coalesce(yesterday.dau, 0) as dau_before,
        lifecycle.new_users,
        lifecycle.returning_users,
        lifecycle.resurrected_users,
        lifecycle.dormant_users
    from lifecycle
    full join active_users on lifecycle.activity_date = active_users.activity_date
    left join active_users as yesterday on lifecycle.activity_date = {{ add_days('yesterday.activity_date', 1) }}

)

select *
from days
where
    dau is distinct from new_users + returning_users + resurrected_users
    or dau is distinct from dau_before - dormant_users + new_users + resurrected_users
