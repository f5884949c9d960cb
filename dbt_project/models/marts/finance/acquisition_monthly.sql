with

acquisitions as (

    select * from {{ ref('int_acquisition_monthly') }}

),

mrr as (

    select * from {{ ref('mrr_monthly') }}

),

first_month as (

    select min(month) as month
    from acquisitions

),

months as (

    select {{ each_month('month', month_of(as_of())) }} as month
    from first_month

),

channels as (

    select distinct channel
    from acquisitions

    union all

    select 'all' as channel

),

with_totals as (

    select
        month,
        channel,
        registrations,
        new_customers,
        spend
    from acquisitions

    union all

    select
        month,
        'all' as channel,
        registrations,
        new_customers,
        spend
    from acquisitions

),

totals as (

    select
        months.month,
        channels.channel,
        {{ rounded_money('coalesce(cast(sum(with_totals.spend) as decimal(38, 14)), 0)') }} as spend,
        cast(coalesce(sum(with_totals.registrations), 0) as bigint) as registrations,
        cast(coalesce(sum(with_totals.new_customers), 0) as bigint) as new_customers
    from months
    cross join channels
    left join with_totals
        on
            months.month = with_totals.month
            and channels.channel = with_totals.channel
    group by months.month, channels.channel

),

costs as (

    select
        month,
        channel,
        spend,
        registrations,
        new_customers,
        {{ money_each('spend', 'new_customers') }} as cac
    from totals

),

final as (

    select
        costs.month,
        costs.channel,
        costs.spend,
        costs.registrations,
        costs.new_customers,
        costs.cac,
        {{ divide('costs.cac', 'mrr.arpa * ' ~ gross_margin()) }} as payback_months
    from costs
    left join mrr on costs.month = mrr.month

)

select * from final
