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

{# The UTC instant at which a day of the reporting time zone begins; the inverse of local_date. #}
{% macro start_of_local_day(date) -%}
    {%- if var('reporting_timezone') == 'UTC' -%}
        cast({{ date }} as timestamp)
    {%- else -%}
        cast((cast({{ date }} as timestamp) at time zone '{{ var("reporting_timezone") }}') at time zone 'UTC' as timestamp)
    {%- endif -%}
{%- endmacro %}

{# The UTC hour in which a timestamp lies, as the timestamp of its beginning. #}
{% macro hour_of(timestamp) -%}
    date_trunc('hour', {{ timestamp }})
{%- endmacro %}

{# The timestamp a number of whole hours after a timestamp (before it, where negative). #}
{% macro add_hours(timestamp, hours) -%}
    {{ timestamp }} + to_hours(cast({{ hours }} as bigint))
{%- endmacro %}

{# The timestamp a number of whole minutes, which may be a column, after a timestamp (before it, where negative). #}
{% macro add_minutes(timestamp, minutes) -%}
    {{ timestamp }} + to_minutes(cast({{ minutes }} as bigint))
{%- endmacro %}

{# The first day of the month of a date, as a date. #}
{% macro month_of(date) -%}
    cast(date_trunc('month', {{ date }}) as date)
{%- endmacro %}

{# The last day of the month of a date. #}
{% macro last_day_of_month(date) -%}
    last_day({{ date }})
{%- endmacro %}

{# The first day of the week of a date, weeks beginning as the setting week_start says. #}
{% macro week_of(date) -%}
    {%- if var('week_start') == 'sunday' -%}
        cast(cast(date_trunc('week', {{ date }} + 1) as date) - 1 as date)
    {%- else -%}
        cast(date_trunc('week', {{ date }}) as date)
    {%- endif -%}
{%- endmacro %}

{# The date a number of days after a date (before it, where negative). #}
{% macro add_days(date, days) -%}
    cast({{ date }} + cast({{ days }} as integer) as date)
{%- endmacro %}

{# The first day of the month a number of months after a first day of a month. #}
{% macro add_months(month, months) -%}
    cast({{ month }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{# Days from one date to another, negative where that is earlier. #}
{% macro days_between(first_date, last_date) -%}
    cast({{ last_date }} - {{ first_date }} as integer)
{%- endmacro %}

{# Months from one first day of a month to another. #}
{% macro months_between(first_month, last_month) -%}
    cast(date_diff('month', {{ first_month }}, {{ last_month }}) as integer)
{%- endmacro %}

{# In a select list: one row for each date from one date to another, both included; none where the last is earlier. #}
{% macro each_day(first_date, last_date) -%}
    cast(unnest(generate_series(
        cast({{ first_date }} as timestamp), cast({{ last_date }} as timestamp), interval '1 day'
    )) as date)
{%- endmacro %}

{# The same for the first days of the months from one month to another. #}
{% macro each_month(first_month, last_month) -%}
    cast(unnest(generate_series(
        cast({{ first_month }} as timestamp), cast({{ last_month }} as timestamp), interval '1 month'
    )) as date)
{%- endmacro %}

{# The as-of day of the build, a date. #}
{% macro as_of() -%}
    date '{{ var("as_of") }}'
{%- endmacro %}

{# The timestamp `days` times 24 hours after `timestamp`. #}
{% macro plus_days(timestamp, days) -%}
    {{ timestamp }} + interval '{{ days * 24 }} hours'
{%- endmacro %}

{# The timestamp a number of minutes after a timestamp (before it, where negative). #}
{% macro plus_minutes(timestamp, minutes) -%}
    {{ timestamp }} + to_minutes({{ minutes }})
{%- endmacro %}

{# Whole seconds from one timestamp to a later one, fractions cut off. #}
{% macro seconds_between(start_at, end_at) -%}
    cast(date_diff('microsecond', {{ start_at }}, {{ end_at }}) // 1000000 as bigint)
{%- endmacro %}

{# Milliseconds from one timestamp to another as a double, microseconds included; negative where that is earlier. #}
{% macro milliseconds_between(start_at, end_at) -%}
    cast(date_diff('microsecond', {{ start_at }}, {{ end_at }}) as double) / 1000
{%- endmacro %}

{# A quotient as a double, null where the denominator is zero. #}
{% macro divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{#-
  A decimal >= 0 over a count, rounded half up to `decimals`; null where the count is zero or the result does not fit.
  In whole numbers, because a double would turn 5.005 into 5.00: floor(a / n + 1/2) = floor(floor(2a + n) / 2n).
-#}
{% macro exact_quotient(amount, count, decimals) -%}
    {%- set whole_count = 'cast(' ~ count ~ ' as hugeint)' -%}
    try_cast(
        cast(floor({{ amount }} * {{ 2 * 10 ** decimals }} + {{ count }}) as hugeint) // nullif(2 * {{ whole_count }}, 0)
        as decimal(20, 0)
    ) * cast({{ '%.*f' | format(decimals, 10 ** -decimals) }} as decimal(9, {{ decimals }}))
{%- endmacro %}

{# The smallest value that at least the share `fraction` of the values does not exceed; exact on every engine. #}
{% macro percentile(fraction, value) -%}
    percentile_disc({{ fraction }}) within group (order by {{ value }})
{%- endmacro %}

{# Several of these as one list, null where there is no value: values are collected once, not once for each. #}
{% macro percentiles(fractions, value) -%}
    quantile_disc({{ value }}, {{ fractions }})
{%- endmacro %}

{#-
  The sum of doubles as a decimal of `places` places, null where there are none. Decimals add up to the same in any
  order, doubles do not, and what is computed again must be equal to the last bit. `digits` has to hold every value.
-#}
{% macro exact_sum(value, digits=18, places=6) -%}
    cast(sum(cast({{ value }} as decimal({{ digits }}, {{ places }}))) as decimal(38, {{ places }}))
{%- endmacro %}

{# In a group, the first value that is not null, in the order of columns that are never null. #}
{% macro first_known(value, order) -%}
    arg_min({{ value }}, row({{ order | join(', ') }}))
{%- endmacro %}

{# Whether a regular expression is found in a text; RE2 and Java agree on what is used here. #}
{% macro matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{# A text with every match of a regular expression (given as text) replaced. #}
{% macro replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{# The beginning of a text, at most so many characters. #}
{% macro beginning(text, characters) -%}
    substring({{ text }}, 1, {{ characters }})
{%- endmacro %}

{# A text of 32 hexadecimal digits that tells texts apart and does not show them. #}
{% macro digest(text) -%}
    md5({{ text }})
{%- endmacro %}

{# A whole number that rows share where these columns are equal (null equals null), and nearly none share otherwise. #}
{% macro row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{# One member of a JSON object as text, null where there is none. #}
{% macro member_text(column, name) -%}
    json_extract_string({{ column }}, '$."{{ name }}"')
{%- endmacro %}

{# JSON as text, the only form in which it leaves staging. #}
{% macro json_text(column) -%}
    cast({{ column }} as varchar)
{%- endmacro %}

{# The value in another type, null where that can't hold it. #}
{% macro cast_or_null(value, data_type) -%}
    try_cast({{ value }} as {{ data_type }})
{%- endmacro %}

{# The last day of the week of a date, weeks beginning as the setting week_start says. #}
{% macro last_day_of_week(date) -%}
    cast({{ week_of(date) }} + 6 as date)
{%- endmacro %}

{# Whole microseconds from one timestamp to a later one. #}
{% macro microseconds_between(start_at, end_at) -%}
    cast(date_diff('microsecond', {{ start_at }}, {{ end_at }}) as bigint)
{%- endmacro %}

{# In a select list: one row for each whole number from one to another, both included; none where the last is less. #}
{% macro each_number(first_number, last_number) -%}
    cast(unnest(generate_series(cast({{ first_number }} as bigint), cast({{ last_number }} as bigint))) as integer)
{%- endmacro %}

{# A timestamp that the session was given by set_session_time, null without. #}
{% macro session_time(name) -%}
    cast(getvariable('{{ name }}') as timestamp)
{%- endmacro %}

{# A statement that gives the session a date or timestamp by a name, or with none takes it back. #}
{% macro set_session_time(name, time) -%}
    set variable {{ name }} = {% if time is none %}null{% else %}timestamp '{{ time }}'{% endif %}
{%- endmacro %}
