{{ config(
    materialized='incremental',
    pre_hook=forget_touched('activity_date', 'touched_access_days', of='evidence_date')
) }}

-- An export that was refused exported nothing.
with

accesses as (

    select * from {{ ref('stg_security__audit_log') }}
    where {{ is_in_touched_days('occurred_at', 'touched_access_days') }}

),

final as (

    select
        'export_without_purpose' as rule,
        {{ security_subject('actor', 'actor') }} as subject,
        audit_id as event_id,
        true as is_trigger,
        activity_date as evidence_date,
        occurred_at
    from accesses
    where
        action = 'export'
        and contains_pii
        and trim(coalesce(purpose, '')) = ''
        and outcome not in ('failure', 'denied')

)

select * from final
