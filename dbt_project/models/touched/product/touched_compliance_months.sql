with

changed_readings as (

    select * from {{ source('changed', 'meter_readings') }}

),

run_days as (

    select * from {{ ref('touched_run_days') }}

),

readings as (

    select * from {{ ref('stg_product__meter_readings') }}

),

final as (

    select {{ month_of('period') }} as month
    from changed_readings

    union

    select month
    from {{ ref('touched_meters') }}

    union

    -- duties whose day came
    select {{ month_of('activity_date') }} as month
    from run_days

    union

    -- readings that came into view, of whatever month; compared as bare UTC timestamps to read only those
    select period as month
    from readings
    where
        submitted_at >= (select {{ add_days('min(activity_date)', -1) }} from run_days)
        and submitted_at < (select {{ add_days('max(activity_date)', 2) }} from run_days)

)

select * from final
