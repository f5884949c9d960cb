with

events as (

    select * from {{ source('product', 'events') }}

),

renamed as (

    select
        event_id,
        event_at,
        user_id,
        anonymous_id,
        session_id,
        event_name,
        feature,
        page,
        platform,
        app_version,
        country,
        coalesce(is_bot, false) as is_bot,
        {{ json_text('properties') }} as properties,
        user_id is not null
        and event_name not in ('push_received', 'email_delivered', 'background_sync')
        and not coalesce(is_bot, false) as is_activity
    from events

)

select * from renamed
