-- Sums of unrounded amounts. Each step from opening to closing is rounded as a running sum, and what it adds to that
-- is published: so the steps add up to the penny, and closing is the opening of the next month.
with

months as (

    select * from {{ ref('int_mrr_months') }}

),

movements as (

    select
        month,
        movement_type,
        opening_arr,
        revalued_arr,
        closing_arr,
        closing_arr - revalued_arr as moved_arr
    from {{ ref('int_mrr_movements_monthly') }}

),

totals as (

    select
        month,
        cast(sum(case when movement_type <> 'churn' then 1 else 0 end) as bigint) as active_customers,
        cast(sum(case when movement_type = 'new' then 1 else 0 end) as bigint) as new_customers,
        cast(sum(case when movement_type = 'churn' then 1 else 0 end) as bigint) as churned_customers,
        cast(sum(case when movement_type = 'reactivation' then 1 else 0 end) as bigint) as reactivated_customers,
        cast(sum(opening_arr) as decimal(38, 12)) as opening,
        cast(sum(revalued_arr) as decimal(38, 12)) as after_fx,
        cast(sum(case when movement_type = 'new' then moved_arr else 0 end) as decimal(38, 12)) as new,
        cast(sum(case when movement_type = 'reactivation' then moved_arr else 0 end) as decimal(38, 12))
            as reactivation,
        cast(sum(case when movement_type = 'expansion' then moved_arr else 0 end) as decimal(38, 12)) as expansion,
        cast(sum(case when movement_type = 'contraction' then moved_arr else 0 end) as decimal(38, 12))
            as contraction,
        cast(sum(case when movement_type = 'churn' then moved_arr else 0 end) as decimal(38, 12)) as churn
    from movements
    group by month

),

running as (

    select
        month,
        active_customers,
        new_customers,
        churned_customers,
        reactivated_customers,
        {{ money_each('opening', 12) }} as opening,
        {{ money_each('after_fx', 12) }} as after_fx,
        {{ money_each('after_fx + new', 12) }} as after_new,
        {{ money_each('after_fx + new + reactivation', 12) }} as after_reactivation,
        {{ money_each('after_fx + new + reactivation + expansion', 12) }} as after_expansion,
        {{ money_each('after_fx + new + reactivation + expansion + contraction', 12) }} as after_contraction,
        {{ money_each('after_fx + new + reactivation + expansion + contraction + churn', 12) }} as closing
    from totals

),

steps as (

    select
        months.month,
        months.is_complete,
        cast(coalesce(running.opening, 0) as decimal(18, 2)) as opening_mrr,
        cast(coalesce(running.after_new - running.after_fx, 0) as decimal(18, 2)) as new_mrr,
        cast(coalesce(running.after_expansion - running.after_reactivation, 0) as decimal(18, 2)) as expansion_mrr,
        cast(coalesce(running.after_expansion - running.after_contraction, 0) as decimal(18, 2)) as contraction_mrr,
        cast(coalesce(running.after_contraction - running.closing, 0) as decimal(18, 2)) as churned_mrr,
        cast(coalesce(running.after_reactivation - running.after_new, 0) as decimal(18, 2)) as reactivation_mrr,
        cast(coalesce(running.after_fx - running.opening, 0) as decimal(18, 2)) as fx_mrr,
        cast(coalesce(running.closing, 0) as decimal(18, 2)) as closing_mrr,
        coalesce(running.active_customers, 0) as active_customers,
        coalesce(running.new_customers, 0) as new_customers,
        coalesce(running.churned_customers, 0) as churned_customers,
        coalesce(running.reactivated_customers, 0) as reactivated_customers
    from months
    left join running on months.month = running.month

),

final as (

    select
        month,
        opening_mrr,
        new_mrr,
        expansion_mrr,
        contraction_mrr,
        churned_mrr,
        reactivation_mrr,
        fx_mrr,
        closing_mrr,
        active_customers,
        new_customers,
        churned_customers,
        reactivated_customers,
        {{ money_each('closing_mrr', 'active_customers') }} as arpa,
        {{ divide('opening_mrr + expansion_mrr - contraction_mrr - churned_mrr', 'opening_mrr') }} as nrr,
        {{ divide('opening_mrr - contraction_mrr - churned_mrr', 'opening_mrr') }} as grr,
        {{ divide('new_mrr + reactivation_mrr + expansion_mrr', 'contraction_mrr + churned_mrr') }} as quick_ratio,
        is_complete
    from steps

)

select * from final
