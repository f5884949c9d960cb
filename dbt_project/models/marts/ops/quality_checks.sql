-- The checks before the running ones; publishing appends the rows of its own verdict to the copy it publishes.
with

quality_checks as (

    select * from {{ source('release_history', 'quality_checks') }}

),

final as (

    select
        release_id,
        check_name,
        domain,
        tool,
        severity,
        passed,
        observed,
        detail
    from quality_checks

)

select * from final
