with

customers as (

    select * from {{ ref('int_paying_customers') }}
    where first_paid_date <= {{ as_of() }}

),

first_month as (

    select {{ month_of('min(first_paid_date)') }} as month
    from customers

),

months as (

    select {{ each_month('month', month_of(as_of())) }} as month
    from first_month

),

final as (

    select
        month,
        {{ last_day_of_month('month') }} <= {{ as_of() }} as is_complete,
        {{ add_days('month', -1) }} as opening_date,
        least({{ last_day_of_month('month') }}, {{ as_of() }}) as closing_date
    from months

)

select * from final
