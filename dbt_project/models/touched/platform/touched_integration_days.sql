-- The last check of a day also says how the next day began.
with

changed_integration_status as (

    select * from {{ source('changed', 'integration_status') }}

),

final as (

    select {{ local_date('checked_at') }} as activity_date
    from changed_integration_status

    union

    select {{ add_days(local_date('checked_at'), 1) }} as activity_date
    from changed_integration_status

)

select * from final
