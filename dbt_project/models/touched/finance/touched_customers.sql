with

customer_days as (

    select * from {{ ref('touched_customer_days') }}

),

customer_payments as (

    select * from {{ ref('int_customer_payments') }}

),

as_of_days as (

    select * from {{ ref('touched_as_of_days') }}

),

final as (

    select user_id
    from customer_days

    union

    select customer_payments.user_id
    from customer_payments
    inner join as_of_days on customer_payments.payment_date = as_of_days.day

    union

    select customer_payments.user_id
    from customer_payments
    inner join as_of_days on customer_payments.value_date = as_of_days.day

)

select * from final
