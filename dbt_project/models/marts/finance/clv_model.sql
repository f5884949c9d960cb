with

outcomes as (

    select * from {{ ref('int_clv_outcomes') }}

),

final as (

    select
        {{ as_of() }} as fitted_as_of,
        parameter,
        value
    from outcomes
    where parameter is not null

)

select * from final
