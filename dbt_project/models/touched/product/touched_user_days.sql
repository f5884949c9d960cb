with

changed_events as (

    select * from {{ source('changed', 'events') }}

),

final as (

    select distinct
        user_id,
        {{ local_date('event_at') }} as activity_date
    from changed_events
    where {{ is_activity() }}

)

select * from final
