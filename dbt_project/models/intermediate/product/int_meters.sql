{{ is_compared_by(['touched_meters', 'touched_participation_months']) }}

-- Kept as what the last build took in, so that the next one sees which meters differ; see of_last_build.
with

final as (

    select
        meter_id,
        group_id,
        utility,
        reading_due_day,
        {{ local_date('installed_at') }} as installed_date,
        {{ local_date('removed_at') }} as removed_date
    from {{ ref('stg_product__meters') }}

)

select * from final
