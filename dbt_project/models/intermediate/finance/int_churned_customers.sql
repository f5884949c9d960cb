{{ config(
    materialized='incremental',
    pre_hook=[forget_touched('user_id', 'touched_subscribers'), forget_touched('month', 'touched_mrr_months')]
) }}

-- The subscription that stopped paying last decides, by what became of it until the month's end.
with

movements as (

    select * from {{ ref('int_mrr_movements_monthly') }}
    where
        movement_type = 'churn'
        and (
            {{ is_touched('user_id', 'touched_subscribers') }}
            or {{ is_touched('month', 'touched_mrr_months') }}
        )

),

months as (

    select * from {{ ref('int_mrr_months') }}

),

states as (

    select * from {{ ref('int_subscription_states') }}

),

endings as (

    select
        movements.month,
        movements.user_id,
        states.subscription_id,
        states.ended_at,
        months.closing_date,
        row_number() over (
            partition by movements.month, movements.user_id
            order by states.ended_at desc nulls last, states.subscription_id asc nulls last
        ) as latest_first
    from movements
    inner join months on movements.month = months.month
    inner join states
        on
            movements.user_id = states.user_id
            and months.opening_date < states.until_date
            and months.closing_date >= states.until_date
    where states.arr > 0

),

final as (

    select
        endings.month,
        endings.user_id,
        max(case when states.is_involuntary_end then 1 else 0 end) = 1 as is_involuntary
    from endings
    left join states
        on
            endings.subscription_id = states.subscription_id
            and endings.ended_at <= states.effective_at
            and endings.closing_date >= states.from_date
    where endings.latest_first = 1
    group by endings.month, endings.user_id

)

select * from final
