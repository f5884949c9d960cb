{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_security_days', of='evidence_date')
) }}

-- Rules of which one security event is enough.
with

events as (

    select * from {{ ref('stg_security__security_events') }}
    where {{ is_in_touched_days('occurred_at', 'touched_security_days') }}

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
