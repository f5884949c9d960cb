with

web_vitals as (

    select * from {{ source('platform', 'web_vitals') }}

),

renamed as (

    select
        vital_id,
        measured_at,
        metric,
        value,
        {{ without_email('page') }} as page,
        session_id,
        user_id,
        device,
        country
    from web_vitals

)

select * from renamed
