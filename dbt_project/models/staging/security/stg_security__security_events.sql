with

security_events as (

    select * from {{ source('security', 'security_events') }}

),

renamed as (

    select
        security_event_id,
        occurred_at,
        event_type,
        outcome,
        user_id,
        ip,
        country,
        {{ without_email('target') }} as target,
        {{ json_text('details') }} as details,
        {{ local_date('occurred_at') }} as activity_date
    from security_events

)

select * from renamed
