{{ config(
    materialized='incremental',
    pre_hook=[forget_touched('user_id', 'touched_subscribers'), forget_touched('month', 'touched_mrr_months')]
) }}

with

movements as (

    select * from {{ ref('int_mrr_movements_monthly') }}
    where
        {{ is_touched('user_id', 'touched_subscribers') }}
        or {{ is_touched('month', 'touched_mrr_months') }}

),

rounded as (

    select
        month,
        user_id,
        movement_type,
        {{ money_each('opening_arr', 12) }} as opening_mrr,
        {{ money_each('revalued_arr', 12) }} as revalued_mrr,
        {{ money_each('closing_arr', 12) }} as closing_mrr
    from movements

),

final as (

    select
        month,
        user_id,
        opening_mrr,
        closing_mrr,
        cast(revalued_mrr - opening_mrr as decimal(18, 2)) as fx_mrr,
        cast(closing_mrr - revalued_mrr as decimal(18, 2)) as movement,
        movement_type
    from rounded

)

select * from final
