with

meter_readings as (

    select * from {{ source('product', 'meter_readings') }}

),

renamed as (

    select
        reading_id,
        meter_id,
        user_id,
        submitted_at,
        {{ month_of('period') }} as period,
        value,
        unit,
        method
    from meter_readings

)

select * from renamed
