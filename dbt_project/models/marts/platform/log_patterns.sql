with

days as (

    select * from {{ ref('log_patterns_daily') }}

),

final as (

    select
        service,
        level,
        pattern,
        cast(sum(lines) as bigint) as lines,
        cast(count(*) as bigint) as days,
        min(activity_date) as first_seen_on,
        max(activity_date) as last_seen_on
    from days
    group by service, level, pattern

)

select * from final
