-- A changed access bears on the first one where the first one known was no earlier. Which is the first now is none
-- earlier than the earliest changed one: what has not changed was there before, and is no earlier than the first known.
with

changed_accesses as (

    select
        actor,
        object_type,
        min(occurred_at) as occurred_at
    from {{ source('changed', 'audit_log') }}
    group by actor, object_type

),

former as (

    {{ of_last_build('int_first_accesses', {
        'actor': 'varchar', 'object_type': 'varchar', 'occurred_at': 'timestamp'
    }) }}

),

final as (

    select
        changed_accesses.actor,
        changed_accesses.object_type,
        changed_accesses.occurred_at
    from changed_accesses
    left join former
        on changed_accesses.actor = former.actor and changed_accesses.object_type = former.object_type
    where former.occurred_at is null or changed_accesses.occurred_at <= former.occurred_at

)

select * from final
