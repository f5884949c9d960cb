with

changed_accesses as (

    select * from {{ source('changed', 'audit_log') }}

),

final as (

    select distinct
        actor,
        object_type
    from changed_accesses

)

select * from final
