with

groups as (

    select * from {{ source('product', 'groups') }}

),

renamed as (

    select
        group_id,
        created_at,
        updated_at,
        name,
        owner_user_id,
        status
    from groups

)

select * from renamed
