-- Fails if the recurring revenue of all customers moved otherwise over the days of a month than from end to end of it.
with

days as (

    select
        {{ month_of('movement_date') }} as month,
        cast(sum(movement + fx_mrr) as decimal(38, 2)) as change
    from {{ ref('mrr_movements_daily') }}
    group by {{ month_of('movement_date') }}

),

months as (

    select
        month,
        cast(sum(closing_mrr - opening_mrr) as decimal(38, 2)) as change
    from {{ ref('mrr_movements_monthly') }}
    group by month

)

select
    coalesce(days.month, months.month) as month,
    days.change as daily_change,
    months.change as monthly_change
from days
full join months on days.month = months.month
where coalesce(days.change, 0) <> coalesce(months.change, 0)
