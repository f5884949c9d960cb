-- What has to be read for the evidence of the touched days.
with

evidence_days as (

    select * from {{ ref('touched_evidence_days') }}

),

days_around as (

    select
        {{ each_day(add_days('evidence_date', -1), add_days('evidence_date', 1)) }} as activity_date
    from evidence_days

),

final as (

    select distinct activity_date from days_around

)

select * from final
