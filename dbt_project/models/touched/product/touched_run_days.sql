-- Days that come into view or leave it because the as-of day moved, and those that a backfill wants computed again.
with

progress as (

    select * from {{ source('load', 'progress') }}

),

final as (

    select {{ each_day('least(as_of, ' ~ as_of() ~ ')', 'greatest(as_of, ' ~ as_of() ~ ')') }} as activity_date
    from progress

    union

    select {{ each_day('recompute_from', 'recompute_to') }} as activity_date
    from progress

)

select * from final
