with

payments as (

    select * from {{ source('finance', 'payments') }}

),

renamed as (

    select
        attempt_id,
        payment_id,
        user_id,
        group_id,
        kind,
        attempted_at,
        updated_at,
        status,
        amount_minor,
        coalesce(fee_minor, 0) as fee_minor,
        currency,
        method,
        failure_code,
        {{ local_date('attempted_at') }} as payment_date
    from payments

)

select * from renamed
