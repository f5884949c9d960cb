with

changed_accesses as (

    select * from {{ source('changed', 'audit_log') }}

),

final as (

    select distinct {{ local_date('occurred_at') }} as activity_date
    from changed_accesses

)

select * from final
