-- A meter that is removed touches the months from then on, not those before: former and present state are compared.
with

changed_meters as (

    select distinct meter_id from {{ source('changed', 'meters') }}

),

present as (

    select
        meter_id,
        group_id,
        utility,
        reading_due_day,
        {{ local_date('installed_at') }} as installed_date,
        {{ local_date('removed_at') }} as removed_date
    from {{ ref('stg_product__meters') }}

),

former as (

    {{ of_last_build('int_meters', {
        'meter_id': 'varchar', 'group_id': 'varchar', 'utility': 'varchar', 'reading_due_day': 'bigint',
        'installed_date': 'date', 'removed_date': 'date'
    }) }}

),

states as (

    select
        meter_id,
        group_id,
        utility,
        reading_due_day,
        installed_date,
        removed_date
    from present

    union all

    select
        meter_id,
        group_id,
        utility,
        reading_due_day,
        installed_date,
        removed_date
    from former

),

months as (

    select
        states.meter_id,
        states.group_id,
        states.utility,
        {{ each_month(
            month_of('states.installed_date'), month_of('coalesce(states.removed_date, ' ~ as_of() ~ ')')
        ) }} as month,
        states.reading_due_day,
        states.installed_date,
        states.removed_date
    from states
    inner join changed_meters on states.meter_id = changed_meters.meter_id

),

duties as (

    select
        months.meter_id,
        months.group_id,
        months.utility,
        months.month,
        months.reading_due_day,
        {{ is_due('months') }} as is_due
    from months

),

final as (

    select
        meter_id,
        month
    from duties
    group by meter_id, group_id, utility, month, reading_due_day, is_due
    having count(*) = 1

)

select distinct
    meter_id,
    month
from final
