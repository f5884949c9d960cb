with

numbered as (

    select * from {{ ref('int_violations_numbered') }}

),

violations as (

    select * from {{ ref('int_violations') }}

),

final as (

    select
        violations.violation_id,
        numbered.event_id,
        numbered.is_trigger,
        numbered.occurred_at
    from numbered
    inner join violations
        on
            numbered.rule = violations.rule
            and numbered.subject = violations.subject
            and numbered.violation_number = violations.violation_number

)

select * from final
