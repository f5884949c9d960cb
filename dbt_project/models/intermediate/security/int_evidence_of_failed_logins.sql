{{ config(
    materialized='incremental',
    pre_hook=forget_touched('evidence_date', 'touched_evidence_days')
) }}

-- The failures of a subject are numbered. A login (a failure for brute force, a success for a success after failures)
-- triggers a rule if the failure that lies threshold - 1 before the latest one is within the window. A failure is
-- evidence if it is among the last `threshold` failures of some trigger. Days outside those read are too far away to
-- be within a window, so that missing numbers between them do no harm.
with

logins as (

    select
        security_event_id,
        occurred_at,
        activity_date,
        case when outcome = 'failure' then 1 else 0 end as failure,
        {{ security_subject('user', 'user_id') }} as user_subject,
        {{ security_subject('source', 'ip') }} as source_subject
    from {{ ref('stg_security__security_events') }}
    where
        event_type = 'login'
        and {{ is_touched('activity_date', 'touched_evidence_reading_days') }}

),

rules as (

    select * from {{ ref('security_rules') }}

),

attempts as (

    select
        'brute_force_source' as rule,
        source_subject as subject,
        security_event_id,
        occurred_at,
        activity_date,
        failure,
        1 as may_trigger
    from logins
    where failure = 1

    union all

    select
        'brute_force_user' as rule,
        user_subject as subject,
        security_event_id,
        occurred_at,
        activity_date,
        failure,
        1 as may_trigger
    from logins
    where failure = 1

    union all

    select
        'success_after_failures' as rule,
        source_subject as subject,
        security_event_id,
        occurred_at,
        activity_date,
        failure,
        1 - failure as may_trigger
    from logins

    union all

    select
        'success_after_failures' as rule,
        user_subject as subject,
        security_event_id,
        occurred_at,
        activity_date,
        failure,
        1 - failure as may_trigger
    from logins

),

numbered as (

    select
        rule,
        subject,
        security_event_id,
        occurred_at,
        activity_date,
        failure,
        may_trigger,
        cast(sum(failure) over (
            partition by rule, subject
            order by occurred_at nulls last, security_event_id nulls last
        ) as bigint) as failure_number
    from attempts
    where subject is not null

),

judged as (

    select
        numbered.rule,
        numbered.subject,
        numbered.security_event_id,
        numbered.occurred_at,
        numbered.activity_date,
        numbered.failure,
        numbered.failure_number,
        rules.threshold,
        coalesce(
            numbered.may_trigger = 1
            and {{ seconds_between('earliest.occurred_at', 'numbered.occurred_at') }} <= rules.window_minutes * 60,
            false
        ) as is_trigger
    from numbered
    inner join rules on numbered.rule = rules.rule
    left join numbered as earliest
        on
            numbered.rule = earliest.rule
            and numbered.subject = earliest.subject
            and earliest.failure = 1
            and numbered.failure_number - rules.threshold + 1 = earliest.failure_number

),

with_next_trigger as (

    select
        rule,
        subject,
        security_event_id,
        occurred_at,
        activity_date,
        failure,
        failure_number,
        threshold,
        is_trigger,
        min(case when is_trigger then failure_number end) over (
            partition by rule, subject
            order by occurred_at nulls last, security_event_id nulls last
            rows between current row and unbounded following
        ) as next_trigger_number
    from judged

),

final as (

    select
        rule,
        subject,
        security_event_id as event_id,
        is_trigger,
        activity_date as evidence_date,
        occurred_at
    from with_next_trigger
    where
        {{ is_touched('evidence_date', 'touched_evidence_days', of='activity_date') }}
        and (is_trigger or (failure = 1 and next_trigger_number - failure_number < threshold))

)

select * from final
