{{ config(
    materialized='incremental',
    pre_hook=[forget_touched('user_id', 'touched_subscribers'), forget_touched('movement_date', 'touched_mrr_days')]
) }}

-- A day's closing figure is a running sum of changes: of states that begin or end, and of rates. For touched customers
-- over their whole history; for all others over each span of touched days, from the day before it on. In a full build
-- there are no others.
with

rates as (

    select
        currency,
        rate,
        coalesce(lead(rate) over (partition by currency order by valid_from nulls last), rate) as next_rate,
        valid_from,
        valid_until
    from {{ ref('int_currency_rates') }}

),

customers as (

    select * from {{ ref('int_paying_customers') }}

),

paid_states as (

    select * from {{ ref('int_subscription_states') }}
    where arr > 0 and from_date < until_date

),

touched_days as (

    select
        movement_date,
        {{ add_days('movement_date', '-row_number() over (order by movement_date nulls last)') }} as span
    from {{ ref('touched_mrr_days') }}
    where movement_date <= {{ as_of() }}

),

spans as (

    select
        {{ add_days('min(movement_date)', -1) }} as base_date,
        max(movement_date) as last_date
    from touched_days
    group by span

),

scopes as (

    select
        user_id,
        date '0001-01-01' as base_date,
        {{ as_of() }} as last_date
    from customers
    where {{ is_touched('user_id', 'touched_subscribers') }}

    union all

    select
        customers.user_id,
        spans.base_date,
        spans.last_date
    from customers
    cross join spans
    where not {{ is_touched('user_id', 'touched_subscribers', of='customers.user_id') }}

),

pieces as (

    select
        scopes.user_id,
        scopes.base_date,
        scopes.last_date,
        {{ arr_at_rate('paid_states.arr', 'rates.rate') }} as arr,
        case
            when paid_states.until_date < rates.valid_until then 0
            else
                {{ arr_at_rate('paid_states.arr', 'rates.next_rate') }}
                - {{ arr_at_rate('paid_states.arr', 'rates.rate') }}
        end as fx_arr,
        greatest(paid_states.from_date, rates.valid_from, scopes.base_date) as from_date,
        least(paid_states.until_date, rates.valid_until) as until_date
    from scopes
    inner join paid_states
        on
            scopes.user_id = paid_states.user_id
            and scopes.last_date >= paid_states.from_date
            and scopes.base_date < paid_states.until_date
    inner join rates
        on
            paid_states.currency = rates.currency
            and paid_states.from_date < rates.valid_until
            and paid_states.until_date > rates.valid_from
            and scopes.last_date >= rates.valid_from
            and scopes.base_date < rates.valid_until

),

changes as (

    select
        user_id,
        base_date,
        last_date,
        from_date as movement_date,
        1 as paid_pieces,
        arr as change_arr,
        0 as fx_arr
    from pieces

    union all

    select
        user_id,
        base_date,
        last_date,
        until_date as movement_date,
        -1 as paid_pieces,
        -arr as change_arr,
        fx_arr
    from pieces

),

daily_changes as (

    select
        user_id,
        base_date,
        movement_date,
        cast(sum(paid_pieces) as bigint) as paid_pieces,
        cast(sum(change_arr) as decimal(38, 12)) as change_arr,
        cast(sum(fx_arr) as decimal(38, 12)) as fx_arr
    from changes
    where movement_date <= last_date
    group by user_id, base_date, movement_date

),

running as (

    select
        user_id,
        movement_date,
        paid_pieces,
        change_arr,
        fx_arr,
        cast(sum(paid_pieces) over (
            partition by user_id, base_date
            order by movement_date nulls last
            rows between unbounded preceding and current row
        ) as bigint) as paid_pieces_after,
        cast(sum(change_arr) over (
            partition by user_id, base_date
            order by movement_date nulls last
            rows between unbounded preceding and current row
        ) as decimal(38, 12)) as closing_arr
    from daily_changes

),

days as (

    select
        movement_date,
        user_id,
        paid_pieces_after > paid_pieces as is_paying_before,
        paid_pieces_after > 0 as is_paying_after,
        closing_arr - change_arr as opening_arr,
        closing_arr - change_arr + fx_arr as revalued_arr,
        closing_arr
    from running
    where
        {{ is_touched('user_id', 'touched_subscribers') }}
        or {{ is_touched('movement_date', 'touched_mrr_days') }}

),

rounded as (

    select
        days.movement_date,
        days.user_id,
        {{ movement_type('days', 'customers.first_paid_date = days.movement_date') }} as movement_type,
        {{ money_each('days.opening_arr', 12) }} as opening_mrr,
        {{ money_each('days.revalued_arr', 12) }} as revalued_mrr,
        {{ money_each('days.closing_arr', 12) }} as closing_mrr
    from days
    inner join customers on days.user_id = customers.user_id

),

final as (

    select
        movement_date,
        user_id,
        opening_mrr,
        closing_mrr,
        cast(revalued_mrr - opening_mrr as decimal(18, 2)) as fx_mrr,
        cast(closing_mrr - revalued_mrr as decimal(18, 2)) as movement,
        movement_type
    from rounded
    where coalesce(revalued_mrr <> opening_mrr or closing_mrr <> revalued_mrr, true)

)

select * from final
