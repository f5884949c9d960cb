-- A rule's window reaches a day at most, so a changed security event bears on the evidence of its own day and of both
-- beside it.
with

changed_days as (

    select * from {{ ref('touched_security_days') }}

),

days_around as (

    select
        {{ each_day(add_days('activity_date', -1), add_days('activity_date', 1)) }} as evidence_date
    from changed_days

),

final as (

    select distinct evidence_date from days_around

)

select * from final
