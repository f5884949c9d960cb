with

changed_events as (

    select * from {{ source('changed', 'security_events') }}

),

final as (

    select distinct {{ local_date('occurred_at') }} as activity_date
    from changed_events

)

select * from final
