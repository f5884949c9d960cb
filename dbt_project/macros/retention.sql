{#-
  SQL: one retention table, for periods that `period_of`, `add_periods` and `periods_between` (macros over dates) cut.
  `users` is the column of int_retention_daily that adds up to the distinct users of a period.
-#}
{% macro retention(users, period_of, add_periods, periods_between) -%}
with

days as (

    select
        {{ period_of('first_date') }} as cohort,
        {{ period_of('activity_date') }} as period,
        {{ users }} as users
    from {{ ref('int_retention_daily') }}
    where activity_date <= {{ as_of() }}

),

activity as (

    select
        cohort,
        {{ periods_between('cohort', 'period') }} as period_number,
        cast(sum(users) as bigint) as users
    from days
    group by cohort, period

),

cohorts as (

    select
        cohort,
        users as cohort_size,
        {{ periods_between('cohort', period_of(as_of())) }} as last_period_number
    from activity
    where period_number = 0

),

periods as (

    select
        cohort,
        cohort_size,
        {{ each_number('0', 'last_period_number') }} as period_number
    from cohorts

),

final as (

    select
        periods.cohort,
        periods.period_number,
        periods.cohort_size,
        coalesce(activity.users, 0) as retained_users,
        {{ divide('coalesce(activity.users, 0)', 'periods.cohort_size') }} as retention_rate,
        {{ add_periods('periods.cohort', 'periods.period_number + 1') }} <= {{ add_days(as_of(), 1) }} as is_complete
    from periods
    left join activity
        on
            periods.cohort = activity.cohort
            and periods.period_number = activity.period_number

)

select * from final
{%- endmacro %}

{# The periods of retention, beside the macros for months in portable.sql. #}
{% macro day_of(date) -%}
    {{ date }}
{%- endmacro %}

{% macro add_weeks(date, weeks) -%}
    {{ add_days(date, '7 * (' ~ weeks ~ ')') }}
{%- endmacro %}

{# Weeks from the first day of one week to that of another. #}
{% macro weeks_between(first_week, last_week) -%}
    cast({{ days_between(first_week, last_week) }} / 7 as integer)
{%- endmacro %}
