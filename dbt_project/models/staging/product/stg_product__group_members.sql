with

group_members as (

    select * from {{ source('product', 'group_members') }}

),

renamed as (

    select
        group_id,
        user_id,
        joined_at,
        left_at,
        updated_at
    from group_members

)

select * from renamed
