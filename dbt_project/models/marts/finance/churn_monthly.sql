with

months as (

    select * from {{ ref('mrr_monthly') }}

),

churned_customers as (

    select * from {{ ref('int_churned_customers') }}

),

causes as (

    select
        month,
        cast(sum(case when is_involuntary then 1 else 0 end) as bigint) as involuntary_churned
    from churned_customers
    group by month

),

counts as (

    select
        months.month,
        months.opening_mrr,
        months.contraction_mrr + months.churned_mrr as lost_mrr,
        months.expansion_mrr,
        months.active_customers + months.churned_customers - months.new_customers - months.reactivated_customers
            as customers_at_start,
        months.churned_customers,
        coalesce(causes.involuntary_churned, 0) as involuntary_churned
    from months
    left join causes on months.month = causes.month

),

final as (

    select
        month,
        customers_at_start,
        churned_customers,
        churned_customers - involuntary_churned as voluntary_churned,
        involuntary_churned,
        {{ divide('churned_customers', 'customers_at_start') }} as logo_churn_rate,
        {{ divide('lost_mrr', 'opening_mrr') }} as gross_revenue_churn_rate,
        {{ divide('lost_mrr - expansion_mrr', 'opening_mrr') }} as net_revenue_churn_rate
    from counts

)

select * from final
