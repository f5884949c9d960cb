with

spine as (

    select * from {{ ref('int_activity_spine') }}
    where platform = 'all'

),

activity as (

    select * from {{ ref('int_activity_daily') }}
    where platform = 'all'

),

final as (

    select
        spine.activity_date,
        coalesce(today.new_users, 0) as new_users,
        coalesce(today.returning_users, 0) as returning_users,
        coalesce(today.resurrected_users, 0) as resurrected_users,
        coalesce(yesterday.pausing_users, 0) as dormant_users
    from spine
    left join activity as today on spine.activity_date = today.activity_date
    left join activity as yesterday on spine.activity_date = {{ add_days('yesterday.activity_date', 1) }}

)

select * from final
