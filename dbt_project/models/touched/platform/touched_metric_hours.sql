-- A sample of a counter is also what the next one, up to an hour later, is compared with.
with

changed_metric_samples as (

    select * from {{ source('changed', 'metric_samples') }}

),

final as (

    select {{ hour_of('sampled_at') }} as hour
    from changed_metric_samples

    union

    select {{ add_hours(hour_of('sampled_at'), 1) }} as hour
    from changed_metric_samples

)

select * from final
