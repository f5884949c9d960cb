{{ is_compared_by(['touched_memberships']) }}

-- Kept as what the last build took in, so that the next one sees which memberships differ; see of_last_build.
with

final as (

    select
        group_id,
        user_id,
        {{ local_date('joined_at') }} as joined_date,
        {{ local_date('left_at') }} as left_date
    from {{ ref('stg_product__group_members') }}

)

select * from final
