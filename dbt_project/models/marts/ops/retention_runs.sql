with

retention_runs as (

    select * from {{ source('load', 'retention_runs') }}

),

final as (

    select
        run_at,
        place,
        name,
        retention,
        as_of,
        kept_from,
        removed,
        seconds
    from retention_runs

)

select * from final
