-- A changed rate holds, or held, from its day until the next one that is known. On that next day it is still the rate
-- of the day before.
with

changed_rates as (

    select * from {{ source('changed', 'exchange_rates') }}

),

exchange_rates as (

    select * from {{ ref('stg_finance__exchange_rates') }}

),

progress as (

    select * from {{ source('load', 'progress') }}

),

intervals as (

    select
        changed_rates.currency,
        changed_rates.rate_date,
        min(exchange_rates.rate_date) as next_rate_date
    from changed_rates
    left join exchange_rates
        on
            changed_rates.currency = exchange_rates.currency
            and changed_rates.rate_date < exchange_rates.rate_date
    group by changed_rates.currency, changed_rates.rate_date

),

bounded as (

    select
        intervals.rate_date,
        least(
            coalesce(intervals.next_rate_date, date '9999-12-31'),
            greatest(coalesce(progress.as_of, {{ as_of() }}), {{ as_of() }})
        ) as last_date
    from intervals
    cross join progress

),

final as (

    select distinct {{ each_day('rate_date', 'last_date') }} as day
    from bounded

)

select * from final
