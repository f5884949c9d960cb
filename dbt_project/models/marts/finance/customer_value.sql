with

customers as (

    select * from {{ ref('int_customer_purchases') }}

),

outcomes as (

    select * from {{ ref('int_clv_outcomes') }}

),

final as (

    select
        customers.user_id,
        customers.first_payment_at,
        customers.payments,
        {{ rounded_money('customers.historical_value') }} as historical_value,
        outcomes.expected_payments_12m,
        {{ rounded_money('outcomes.expected_value_12m') }} as expected_value_12m,
        outcomes.probability_alive,
        {{ rounded_money('outcomes.clv') }} as clv
    from customers
    left join outcomes on customers.user_id = outcomes.user_id

)

select * from final
