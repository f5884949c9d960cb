-- Fails if the published movements of customers differ from the published totals by more than their rounding, half a
-- penny for each figure that was rounded.
with

customers as (

    select
        month,
        count(*) as customers,
        cast(sum(opening_mrr) as decimal(38, 2)) as opening_mrr,
        cast(sum(closing_mrr) as decimal(38, 2)) as closing_mrr,
        cast(sum(fx_mrr) as decimal(38, 2)) as fx_mrr,
        cast(sum(case when movement_type = 'new' then movement else 0 end) as decimal(38, 2)) as new_mrr,
        cast(sum(case when movement_type = 'expansion' then movement else 0 end) as decimal(38, 2)) as expansion_mrr,
        cast(sum(case when movement_type = 'contraction' then movement else 0 end) as decimal(38, 2))
            as contraction_mrr,
        cast(sum(case when movement_type = 'churn' then movement else 0 end) as decimal(38, 2)) as churn_mrr,
        cast(sum(case when movement_type = 'reactivation' then movement else 0 end) as decimal(38, 2))
            as reactivation_mrr
    from {{ ref('mrr_movements_monthly') }}
    group by month

)

select
    mrr.month,
    customers.customers
from {{ ref('mrr_monthly') }} as mrr
left join customers on mrr.month = customers.month
where
    greatest(
        abs(mrr.opening_mrr - coalesce(customers.opening_mrr, 0)),
        abs(mrr.closing_mrr - coalesce(customers.closing_mrr, 0)),
        abs(mrr.fx_mrr - coalesce(customers.fx_mrr, 0)),
        abs(mrr.new_mrr - coalesce(customers.new_mrr, 0)),
        abs(mrr.expansion_mrr - coalesce(customers.expansion_mrr, 0)),
        abs(mrr.contraction_mrr + coalesce(customers.contraction_mrr, 0)),
        abs(mrr.churned_mrr + coalesce(customers.churn_mrr, 0)),
        abs(mrr.reactivation_mrr - coalesce(customers.reactivation_mrr, 0))
    ) > 0.01 * (coalesce(customers.customers, 0) + 1)
