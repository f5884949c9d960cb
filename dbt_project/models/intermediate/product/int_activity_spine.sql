-- Every platform has a row on every day from anybody's first active day to the as-of day.
with

activity as (

    select * from {{ ref('int_activity_daily') }}
    where activity_date <= {{ as_of() }}

),

bounds as (

    select min(activity_date) as first_date
    from activity

),

days as (

    select {{ each_day('first_date', as_of()) }} as activity_date
    from bounds

),

platforms as (

    select distinct platform
    from activity

),

final as (

    select
        platforms.platform,
        days.activity_date
    from days
    cross join platforms

)

select * from final
