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
        {{ without_email('feature') }} as feature,
        {{ without_email('page') }} as page,
        platform,
        app_version,
        country,
        coalesce(is_bot, false) as is_bot,
        {{ json_text('properties') }} as properties,
        {{ visitor() }} as visitor_id,
        {{ is_interaction() }} as is_interaction,
        {{ is_activity() }} as is_activity
    from events

)

select * from renamed
