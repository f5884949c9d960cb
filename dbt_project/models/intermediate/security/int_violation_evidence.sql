-- All rules' evidence up to the as-of day. An access is unfamiliar only where others have accessed that type of object
-- for thirty days or longer: at the beginning of a log everybody is new.
with

first_accesses as (

    select * from {{ ref('int_first_accesses') }}

),

object_types as (

    select
        object_type,
        min(occurred_at) as known_since
    from first_accesses
    group by object_type

),

evidence as (

    select
        rule,
        subject,
        event_id,
        is_trigger,
        evidence_date,
        occurred_at
    from {{ ref('int_evidence_of_failed_logins') }}

    union all

    select
        rule,
        subject,
        event_id,
        is_trigger,
        evidence_date,
        occurred_at
    from {{ ref('int_evidence_of_travel') }}

    union all

    select
        rule,
        subject,
        event_id,
        is_trigger,
        evidence_date,
        occurred_at
    from {{ ref('int_evidence_of_single_events') }}

    union all

    select
        rule,
        subject,
        event_id,
        is_trigger,
        evidence_date,
        occurred_at
    from {{ ref('int_evidence_of_exports') }}

    union all

    select
        'unfamiliar_access' as rule,
        {{ security_subject('actor', 'first_accesses.actor') }} as subject,
        first_accesses.audit_id as event_id,
        true as is_trigger,
        first_accesses.activity_date as evidence_date,
        first_accesses.occurred_at
    from first_accesses
    inner join object_types on first_accesses.object_type = object_types.object_type
    where first_accesses.occurred_at >= {{ plus_days('object_types.known_since', 30) }}

),

final as (

    select
        rule,
        subject,
        event_id,
        is_trigger,
        evidence_date,
        occurred_at
    from evidence
    where evidence_date <= {{ as_of() }}

)

select * from final
