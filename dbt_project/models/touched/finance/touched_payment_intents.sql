with

changed_payments as (

    select * from {{ source('changed', 'payments') }}

),

final as (

    select distinct payment_id
    from changed_payments

)

select * from final
