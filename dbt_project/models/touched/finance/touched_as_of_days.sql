-- Days that are shown for the first time, or no longer, because the as-of day moved: those after the lower of the
-- former and the present one. And the days of a backfill.
with

progress as (

    select * from {{ source('load', 'progress') }}

),

final as (

    select {{ each_day(add_days('least(as_of, ' ~ as_of() ~ ')', 1), 'greatest(as_of, ' ~ as_of() ~ ')') }} as day
    from progress

    union

    select {{ each_day('recompute_from', 'recompute_to') }} as day
    from progress

)

select * from final
