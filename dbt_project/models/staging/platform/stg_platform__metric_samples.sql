with

metric_samples as (

    select * from {{ source('platform', 'metric_samples') }}

),

renamed as (

    select
        source,
        resource_id,
        metric,
        sampled_at,
        resource_type,
        value,
        unit,
        {{ json_text('labels') }} as labels,
        {{ cast_or_null("nullif(" ~ member_text('labels', 'le') ~ ", '+Inf')", 'double') }} as upper_bound
    from metric_samples

)

select * from renamed
