-- Fails if a day's total is more than the sum over platforms, or less than its largest: each user is on at least one.
with

active_users as (

    select * from {{ ref('active_users_daily') }}

),

days as (

    select
        activity_date,
        cast(sum(case when platform = 'all' then dau else 0 end) as bigint) as dau,
        cast(sum(case when platform = 'all' then 0 else dau end) as bigint) as sum_of_dau,
        max(case when platform = 'all' then 0 else dau end) as largest_dau,
        cast(sum(case when platform = 'all' then mau else 0 end) as bigint) as mau,
        cast(sum(case when platform = 'all' then 0 else mau end) as bigint) as sum_of_mau,
        max(case when platform = 'all' then 0 else mau end) as largest_mau
    from active_users
    group by activity_date

)

select *
from days
where
    dau not between largest_dau and sum_of_dau
    or mau not between largest_mau and sum_of_mau
