-- A rate counts in a month where it is that of its closing date, the as-of day in the running month, or of the last day
-- of the month before.
with

as_of_days as (

    select * from {{ ref('touched_as_of_days') }}

),

rate_days as (

    select * from {{ ref('touched_rate_days') }}

),

closing_dates as (

    select day
    from rate_days
    where day = {{ last_day_of_month('day') }} or day = {{ as_of() }}

),

final as (

    select {{ month_of('day') }} as month
    from as_of_days

    union

    select {{ month_of('day') }} as month
    from closing_dates

    union

    select {{ month_of(add_days('day', 1)) }} as month
    from closing_dates

)

select * from final
