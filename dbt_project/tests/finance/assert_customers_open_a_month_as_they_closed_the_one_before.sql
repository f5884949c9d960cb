-- Fails if the opening figure of a customer is not the closing figure of the month before, or 0 where there is none.
with

movements as (

    select * from {{ ref('mrr_movements_monthly') }}

),

last_month as (

    select max(month) as month
    from movements

),

ends as (

    select
        month,
        user_id,
        opening_mrr as difference
    from movements

    union all

    select
        {{ add_months('movements.month', 1) }} as month,
        movements.user_id,
        -movements.closing_mrr as difference
    from movements
    cross join last_month
    where movements.month < last_month.month

)

select
    month,
    user_id,
    cast(sum(difference) as decimal(18, 2)) as difference
from ends
group by month, user_id
having cast(sum(difference) as decimal(18, 2)) <> 0
