with

as_of_days as (

    select * from {{ ref('touched_as_of_days') }}

),

rate_days as (

    select * from {{ ref('touched_rate_days') }}

),

final as (

    select day as movement_date
    from as_of_days

    union

    select day as movement_date
    from rate_days

)

select * from final
