-- A rate counts in a month where it is that of its last day, or of the last day of the month before. The running month
-- is told as of the as-of day, so the one of the former build and that of this build change whatever came in.
with

progress as (

    select * from {{ source('load', 'progress') }}

),

as_of_days as (

    select * from {{ ref('touched_as_of_days') }}

),

rate_days as (

    select * from {{ ref('touched_rate_days') }}

),

month_ends as (

    select day
    from rate_days
    where day = {{ last_day_of_month('day') }}

),

final as (

    select {{ month_of('day') }} as month
    from as_of_days

    union

    select {{ month_of('as_of') }} as month
    from progress
    where as_of is not null

    union

    select {{ month_of(as_of()) }} as month
    from progress

    union

    select {{ month_of('day') }} as month
    from month_ends

    union

    select {{ month_of(add_days('day', 1)) }} as month
    from month_ends

)

select * from final
