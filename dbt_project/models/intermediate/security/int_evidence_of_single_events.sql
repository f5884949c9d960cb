{{ config(
    materialized='incremental',
    pre_hook=forget_touched('evidence_date', 'touched_evidence_days')
) }}

-- Rules of which one event is enough. An export that was refused exported nothing.
with

events as (

    select * from {{ ref('stg_security__security_events') }}
    where {{ is_touched('evidence_date', 'touched_evidence_days', of='activity_date') }}

),

accesses as (

    select * from {{ ref('stg_security__audit_log') }}
    where {{ is_touched('evidence_date', 'touched_evidence_days', of='activity_date') }}

),

found as (

    select
        'privilege_change' as rule,
        coalesce({{ security_subject('user', 'user_id') }}, {{ security_subject('target', 'target') }}) as subject,
        security_event_id as event_id,
        activity_date,
        occurred_at
    from events
    where event_type = 'privilege_change' and outcome = 'success'

    union all

    select
        'policy_violation' as rule,
        coalesce({{ security_subject('user', 'user_id') }}, {{ security_subject('target', 'target') }}) as subject,
        security_event_id as event_id,
        activity_date,
        occurred_at
    from events
    where event_type = 'policy_violation'

    union all

    select
        'export_without_purpose' as rule,
        {{ security_subject('actor', 'actor') }} as subject,
        audit_id as event_id,
        activity_date,
        occurred_at
    from accesses
    where
        action = 'export'
        and contains_pii
        and trim(coalesce(purpose, '')) = ''
        and outcome not in ('failure', 'denied')

),

final as (

    select
        rule,
        coalesce(subject, 'unknown') as subject,
        event_id,
        true as is_trigger,
        activity_date as evidence_date,
        occurred_at
    from found

)

select * from final
