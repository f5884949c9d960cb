with

users as (

    select * from {{ source('product', 'users') }}

),

renamed as (

    select
        user_id,
        registered_at,
        updated_at,
        email,
        country,
        nullif(acquisition_channel, '') as acquisition_channel,
        acquisition_campaign,
        signup_platform,
        status,
        coalesce(is_test, false) as is_test,
        {{ local_date('registered_at') }} as registration_date
    from users

)

select * from renamed
