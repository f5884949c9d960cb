with

spine as (

    select * from {{ ref('int_activity_spine') }}

),

activity as (

    select * from {{ ref('int_activity_daily') }}

),

movements as (

    select
        activity_date,
        platform,
        active_users as dau,
        entering_week as wau_change,
        entering_month as mau_change
    from activity

    union all

    select
        {{ add_days('activity_date', 7) }} as activity_date,
        platform,
        0 as dau,
        -leaving_week as wau_change,
        0 as mau_change
    from activity

    union all

    select
        {{ add_days('activity_date', var('mau_window_days')) }} as activity_date,
        platform,
        0 as dau,
        0 as wau_change,
        -leaving_month as mau_change
    from activity

),

changes as (

    select
        spine.activity_date,
        spine.platform,
        cast(coalesce(sum(movements.dau), 0) as bigint) as dau,
        cast(coalesce(sum(movements.wau_change), 0) as bigint) as wau_change,
        cast(coalesce(sum(movements.mau_change), 0) as bigint) as mau_change
    from spine
    left join movements
        on
            spine.activity_date = movements.activity_date
            and spine.platform = movements.platform
    group by spine.activity_date, spine.platform

),

counts as (

    select
        activity_date,
        platform,
        dau,
        cast(sum(wau_change) over (partition by platform order by activity_date nulls last) as bigint) as wau,
        cast(sum(mau_change) over (partition by platform order by activity_date nulls last) as bigint) as mau
    from changes

),

final as (

    select
        activity_date,
        platform,
        dau,
        wau,
        mau,
        {{ divide('dau', 'mau') }} as stickiness
    from counts

)

select * from final
