with

customers as (

    select * from {{ ref('int_customer_purchases') }}

),

final as (

    select
        user_id,
        payments - 1 as repeat_payments,
        {{ days_between('first_payment_date', 'last_payment_date') }} as recency_days,
        {{ days_between('first_payment_date', as_of()) }} as age_days,
        {{ divide('repeat_value', 'payments - 1') }} as mean_repeat_value,
        cast(historical_value as double) as historical_value,
        cast({{ gross_margin() }} as double) as gross_margin
    from customers

)

select * from final
