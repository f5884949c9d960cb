with

refunds as (

    select * from {{ source('finance', 'refunds') }}

),

renamed as (

    select
        refund_id,
        attempt_id,
        refunded_at,
        amount_minor,
        coalesce(fee_minor, 0) as fee_minor,
        currency,
        reason,
        coalesce(reason = 'chargeback', false) as is_chargeback,
        {{ local_date('refunded_at') }} as refund_date
    from refunds

)

select * from renamed
