{#-
  The only place for functions that engines spell differently; models call these instead.
  Timestamps are without time zone and hold UTC throughout the warehouse.
-#}

{# The calendar date of a UTC timestamp in the reporting time zone. #}
{% macro local_date(timestamp) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ timestamp }} as date)
    {%- else -%}
        cast(({{ timestamp }} at time zone 'UTC') at time zone '{{ var("reporting_timezone") }}' as date)
    {%- endif -%}
{%- endmacro %}

{# The first day of the month of a date, as a date. #}
{% macro month_of(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{# The timestamp `days` times 24 hours after `timestamp`. #}
{% macro plus_days(timestamp, days) -%}
    {{ timestamp }} + interval '{{ days * 24 }} hours'
{%- endmacro %}

{# Whole seconds from one timestamp to a later one, fractions cut off. #}
{% macro seconds_between(start_at, end_at) -%}
    cast(date_diff('microsecond', {{ start_at }}, {{ end_at }}) // 1000000 as bigint)
{%- endmacro %}

{# A quotient as a double, null where the denominator is zero. #}
{% macro divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{# decimal(18,2) money over a count, rounded half up in whole numbers: a double would turn 5.005 into 5.00. #}
{% macro money_each(money, count) -%}
    cast(
        cast((2 * cast({{ money }} * 100 as bigint) + {{ count }}) // nullif(2 * {{ count }}, 0) as decimal(18, 0))
        * cast(0.01 as decimal(3, 2)) as decimal(18, 2)
    )
{%- endmacro %}

{# The smallest value that at least the share `fraction` of the values does not exceed; exact on every engine. #}
{% macro percentile(fraction, value) -%}
    percentile_disc({{ fraction }}) within group (order by {{ value }})
{%- endmacro %}

{# JSON as text, the only form in which it leaves staging. #}
{% macro json_text(column) -%}
    cast({{ column }} as varchar)
{%- endmacro %}

{# The value in another type, null where that can't hold it. #}
{% macro cast_or_null(value, data_type) -%}
    try_cast({{ value }} as {{ data_type }})
{%- endmacro %}
