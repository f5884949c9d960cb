{{ config(
    materialized='incremental',
    pre_hook=forget_touched('subscription_id', 'touched_subscriptions')
) }}

-- States as intervals of day ends: a state counts on a day where it is the last one that begins on or before it.
with

subscriptions as (

    select * from {{ ref('stg_finance__subscriptions') }}
    where {{ is_touched('subscription_id', 'touched_subscriptions') }}

),

currencies as (

    select * from {{ ref('currencies') }}

),

sequences as (

    select
        subscriptions.subscription_id,
        subscriptions.user_id,
        subscriptions.status,
        subscriptions.currency,
        subscriptions.cancel_reason,
        subscriptions.interval_count,
        greatest(
            cast(subscriptions.amount_minor as decimal(19, 0)) * cast(subscriptions.quantity as decimal(19, 0))
            - cast(subscriptions.discount_minor as decimal(19, 0)),
            0
        ) as net_minor,
        {{ minor_unit_value('currencies.minor_unit_exponent') }} as minor_unit_value,
        case subscriptions.billing_interval
            when 'year' then cast(1 as decimal(3, 0))
            when 'month' then cast(12 as decimal(3, 0))
            when 'week' then cast(52 as decimal(3, 0))
            when 'day' then cast(365 as decimal(3, 0))
        end as intervals_per_year,
        subscriptions.effective_at,
        lag(subscriptions.status) over (
            partition by subscriptions.subscription_id
            order by subscriptions.effective_at nulls last
        ) as previous_status,
        lead(subscriptions.effective_at) over (
            partition by subscriptions.subscription_id
            order by subscriptions.effective_at nulls last
        ) as ended_at
    from subscriptions
    left join currencies on subscriptions.currency = currencies.currency

),

prices as (

    select
        subscription_id,
        user_id,
        status,
        currency,
        cancel_reason,
        interval_count,
        {{ cast_or_null('net_minor', 'decimal(19, 0)') }} * minor_unit_value * intervals_per_year as yearly_price,
        previous_status,
        effective_at,
        ended_at
    from sequences

),

final as (

    select
        subscription_id,
        user_id,
        status,
        currency,
        case
            when status not in ('active', 'past_due') then cast(0 as decimal(20, 8))
            else {{ cast_or_null(exact_quotient('yearly_price', 'interval_count', 8), 'decimal(20, 8)') }}
        end as arr,
        status = 'canceled'
        and (coalesce(cancel_reason, '') = 'payment_failed' or coalesce(previous_status, '') = 'past_due')
            as is_involuntary_end,
        {{ local_date('effective_at') }} as from_date,
        coalesce({{ local_date('ended_at') }}, date '9999-12-31') as until_date,
        effective_at,
        ended_at
    from prices

)

select * from final
