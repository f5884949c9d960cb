with

meters as (

    select * from {{ source('product', 'meters') }}

),

renamed as (

    select
        meter_id,
        group_id,
        utility,
        installed_at,
        removed_at,
        coalesce(reading_due_day, 28) as reading_due_day,
        updated_at
    from meters

)

select * from renamed
