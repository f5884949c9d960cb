-- Evidence of one rule and subject belongs to one violation until a pause longer than the rule's window.
with

evidence as (

    select * from {{ ref('int_violation_evidence') }}

),

rules as (

    select * from {{ ref('security_rules') }}

),

paused as (

    select
        evidence.rule,
        evidence.subject,
        evidence.event_id,
        evidence.is_trigger,
        evidence.occurred_at,
        rules.window_minutes,
        case
            when
                {{ seconds_between('lag(evidence.occurred_at) over (
                    partition by evidence.rule, evidence.subject
                    order by evidence.occurred_at nulls last, evidence.event_id nulls last
                )', 'evidence.occurred_at') }} <= rules.window_minutes * 60
                then 0
            else 1
        end as begins
    from evidence
    inner join rules on evidence.rule = rules.rule

),

final as (

    select
        rule,
        subject,
        event_id,
        is_trigger,
        occurred_at,
        window_minutes,
        cast(sum(begins) over (
            partition by rule, subject
            order by occurred_at nulls last, event_id nulls last
        ) as bigint) as violation_number
    from paused

)

select * from final
