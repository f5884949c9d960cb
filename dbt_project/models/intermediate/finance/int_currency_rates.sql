-- Rates as intervals: each holds from its day until the next known one, so that days are matched by a range join.
with

currencies as (

    select * from {{ ref('currencies') }}

),

exchange_rates as (

    select * from {{ ref('stg_finance__exchange_rates') }}

),

all_rates as (

    select
        currency,
        rate_date as valid_from,
        rate
    from exchange_rates
    where currency <> '{{ var("reporting_currency") }}'

    union all

    -- The reporting currency is worth exactly 1 on every day, whatever the feed says of it.
    select
        '{{ var("reporting_currency") }}' as currency,
        date '0001-01-01' as valid_from,
        1 as rate

),

intervals as (

    select
        currency,
        valid_from,
        cast(rate as decimal(18, 10)) as rate,
        lead(valid_from) over (partition by currency order by valid_from nulls last) as valid_until
    from all_rates

),

final as (

    select
        intervals.currency,
        currencies.minor_unit_exponent,
        intervals.rate,
        intervals.valid_from,
        coalesce(intervals.valid_until, date '9999-12-31') as valid_until
    from intervals
    left join currencies on intervals.currency = currencies.currency

)

select * from final
