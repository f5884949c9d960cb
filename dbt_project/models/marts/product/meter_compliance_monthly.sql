{{ config(
    materialized='incremental',
    pre_hook=forget_touched('month', 'touched_compliance_months')
) }}

with

meters as (

    select * from {{ ref('int_meters') }}

),

readings as (

    select
        meter_id,
        period,
        {{ local_date('submitted_at') }} as submitted_date
    from {{ ref('stg_product__meter_readings') }}
    where {{ is_touched('month', 'touched_compliance_months', of='period') }}

),

first_readings as (

    select
        meter_id,
        period,
        min(submitted_date) as submitted_date
    from readings
    where submitted_date <= {{ as_of() }}
    group by meter_id, period

),

bounds as (

    select {{ month_of('min(installed_date)') }} as first_month
    from meters

),

every_month as (

    select {{ each_month('first_month', month_of(as_of())) }} as month
    from bounds

),

meter_months as (

    select
        meters.meter_id,
        meters.utility,
        every_month.month,
        meters.reading_due_day,
        meters.installed_date,
        meters.removed_date
    from every_month
    cross join meters
    where {{ is_touched('month', 'touched_compliance_months', of='every_month.month') }}

),

duties as (

    select
        meter_months.month,
        meter_months.utility,
        case when first_readings.submitted_date <= {{ due_date('meter_months') }} then 1 else 0 end as on_time,
        case when first_readings.submitted_date > {{ due_date('meter_months') }} then 1 else 0 end as late,
        case when first_readings.submitted_date is null then 1 else 0 end as missing
    from meter_months
    left join first_readings
        on
            meter_months.meter_id = first_readings.meter_id
            and meter_months.month = first_readings.period
    where
        {{ is_due('meter_months') }}
        and {{ due_date('meter_months') }} <= {{ as_of() }}

),

final as (

    select
        month,
        utility,
        cast(count(*) as bigint) as due,
        cast(sum(on_time) as bigint) as on_time,
        cast(sum(late) as bigint) as late,
        cast(sum(missing) as bigint) as missing,
        {{ divide('cast(sum(on_time) as bigint)', 'count(*)') }} as compliance_rate
    from duties
    group by month, utility

)

select * from final
