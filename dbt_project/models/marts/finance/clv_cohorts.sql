with

customers as (

    select
        user_id,
        {{ month_of('first_payment_date') }} as cohort_month
    from {{ ref('int_customer_purchases') }}

),

customer_payments as (

    select * from {{ ref('int_customer_payments') }}
    where payment_date <= {{ as_of() }} and value_date <= {{ as_of() }}

),

cohorts as (

    select
        cohort_month,
        cast(count(*) as bigint) as customers
    from customers
    group by cohort_month

),

-- What went back before it was paid counts in the first month.
cohort_flows as (

    select
        customers.cohort_month,
        greatest({{ month_of('customer_payments.value_date') }}, customers.cohort_month) as month,
        customer_payments.value
    from customer_payments
    inner join customers on customer_payments.user_id = customers.user_id

),

monthly_values as (

    select
        cohort_month,
        month,
        cast(sum(value) as decimal(38, 14)) as value
    from cohort_flows
    group by cohort_month, month

),

cohort_months as (

    select
        cohort_month,
        customers,
        {{ each_month('cohort_month', month_of(as_of())) }} as month
    from cohorts

),

running as (

    select
        cohort_months.cohort_month,
        cohort_months.customers,
        cohort_months.month,
        cast(sum(coalesce(monthly_values.value, 0)) over (
            partition by cohort_months.cohort_month
            order by cohort_months.month nulls last
            rows between unbounded preceding and current row
        ) as decimal(38, 14)) as cumulative_value
    from cohort_months
    left join monthly_values
        on
            cohort_months.cohort_month = monthly_values.cohort_month
            and cohort_months.month = monthly_values.month

),

final as (

    select
        cohort_month,
        {{ months_between('cohort_month', 'month') }} as months_since,
        customers,
        {{ rounded_money('cumulative_value') }} as cumulative_value,
        case
            when cumulative_value >= 0 then {{ money_each('cumulative_value', 'customers') }}
            else -{{ money_each('-cumulative_value', 'customers') }}
        end as value_per_customer
    from running

)

select * from final
