-- Hours in a row share the number of hours that they are ahead of their rank.
with

breaches as (

    select * from {{ ref('infrastructure_hourly') }}
    where
        is_breach
        and hour < {{ start_of_local_day(add_days(as_of(), 1)) }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by source, resource_type, resource_id, metric
            order by hour nulls last
        ) as hour_rank
    from breaches

),

states as (

    select
        source,
        resource_type,
        resource_id,
        metric,
        max(threshold) as threshold,
        cast(count(*) as bigint) as hours,
        max(max_value) as worst_value,
        min(hour) as began_at,
        {{ add_hours('max(hour)', 1) }} as ended_at
    from ranked
    group by source, resource_type, resource_id, metric, {{ add_hours('hour', '-hour_rank') }}

),

final as (

    select
        source,
        resource_type,
        resource_id,
        metric,
        threshold,
        hours,
        worst_value,
        ended_at >= {{ start_of_local_day(add_days(as_of(), 1)) }} as is_ongoing,
        began_at,
        ended_at
    from states

)

select * from final
