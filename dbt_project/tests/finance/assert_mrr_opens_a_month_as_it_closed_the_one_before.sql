-- Fails if a month's opening figure is not the closing one of the month before.
with

months as (

    select
        month,
        opening_mrr,
        lag(closing_mrr) over (order by month nulls last) as closing_mrr_before
    from {{ ref('mrr_monthly') }}

)

select *
from months
where opening_mrr <> coalesce(closing_mrr_before, 0)
