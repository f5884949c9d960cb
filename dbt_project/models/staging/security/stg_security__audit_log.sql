with

audit_log as (

    select * from {{ source('security', 'audit_log') }}

),

renamed as (

    select
        audit_id,
        occurred_at,
        actor,
        action,
        object_type,
        object_id,
        purpose,
        outcome,
        contains_pii,
        {{ local_date('occurred_at') }} as activity_date
    from audit_log

)

select * from renamed
