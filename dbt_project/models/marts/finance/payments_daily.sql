with

flows as (

    select * from {{ ref('int_payment_flows_converted') }}

),

totals as (

    select
        payment_date,
        kind,
        method,
        cast(sum(attempts) as bigint) as attempts,
        cast(sum(succeeded) as bigint) as succeeded,
        cast(sum(failed) as bigint) as failed,
        cast(sum(pending) as bigint) as pending,
        {{ rounded_money('cast(sum(volume) as decimal(38, 14))') }} as volume,
        {{ rounded_money('cast(sum(fee_revenue) as decimal(38, 14))') }} as fee_revenue,
        {{ rounded_money('cast(sum(refunded) as decimal(38, 14))') }} as refunded,
        {{ rounded_money('cast(sum(chargebacks) as decimal(38, 14))') }} as chargebacks
    from flows
    group by payment_date, kind, method

),

final as (

    select
        payment_date,
        kind,
        method,
        attempts,
        succeeded,
        failed,
        pending,
        {{ divide('succeeded', 'succeeded + failed') }} as success_rate,
        volume,
        {{ money_each('volume', 'succeeded') }} as avg_value,
        fee_revenue,
        refunded,
        chargebacks,
        cast(volume - refunded as decimal(18, 2)) as net_volume
    from totals

)

select * from final
