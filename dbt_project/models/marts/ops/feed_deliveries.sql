with

deliveries as (

    select * from {{ source('load', 'deliveries') }}

),

final as (

    select
        feed,
        dt,
        file,
        lines,
        loaded,
        duplicates,
        quarantined,
        first_event_at,
        last_event_at,
        loaded_at
    from deliveries

)

select * from final
