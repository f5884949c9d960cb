{{ config(
    materialized='incremental',
    pre_hook=forget_touched('month', 'touched_acquisition_months')
) }}

with

users as (

    select
        user_id,
        is_test,
        registration_date,
        {{ named_channel('acquisition_channel') }} as channel
    from {{ ref('stg_product__users') }}

),

customers as (

    select
        user_id,
        first_paid_date
    from {{ ref('int_paying_customers') }}
    where
        first_paid_date <= {{ as_of() }}
        and {{ is_touched('month', 'touched_acquisition_months', of=month_of('first_paid_date')) }}

),

marketing_spend as (

    select
        spend_date,
        {{ named_channel('channel') }} as channel,
        currency,
        spend_minor
    from {{ ref('stg_finance__marketing_spend') }}
    where
        spend_date <= {{ as_of() }}
        and {{ is_touched('month', 'touched_acquisition_months', of=month_of('spend_date')) }}

),

rates as (

    select * from {{ ref('int_currency_rates') }}

),

acquisitions as (

    select
        {{ month_of('registration_date') }} as month,
        channel,
        1 as registrations,
        0 as new_customers,
        0 as spend
    from users
    where
        not is_test
        and registration_date <= {{ as_of() }}
        and {{ is_touched('month', 'touched_acquisition_months', of=month_of('registration_date')) }}

    union all

    select
        {{ month_of('customers.first_paid_date') }} as month,
        coalesce(users.channel, 'unknown') as channel,
        0 as registrations,
        1 as new_customers,
        0 as spend
    from customers
    left join users on customers.user_id = users.user_id

    union all

    select
        {{ month_of('marketing_spend.spend_date') }} as month,
        marketing_spend.channel,
        0 as registrations,
        0 as new_customers,
        {{ in_reporting_currency('marketing_spend.spend_minor', 'rates') }} as spend
    from marketing_spend
    left join rates
        on
            marketing_spend.currency = rates.currency
            and marketing_spend.spend_date >= rates.valid_from
            and marketing_spend.spend_date < rates.valid_until

),

final as (

    select
        month,
        channel,
        cast(sum(registrations) as bigint) as registrations,
        cast(sum(new_customers) as bigint) as new_customers,
        cast(sum(spend) as decimal(38, 14)) as spend
    from acquisitions
    group by month, channel

)

select * from final
