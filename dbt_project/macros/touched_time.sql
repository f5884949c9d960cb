{#-
  is_touched for rows that carry a timestamp, where the parts are its hours or days.

  The bounds on the bare column let the engine skip the row groups of other times; no engine does that for a function
  of the column. On 40 million rows of 278 days, one day touched, two cores: hours 0.37 s without and 0.01 s with them,
  days of New York more than 9 s and 0.1 s.
-#}

{# SQL: whether a timestamp lies in a touched UTC hour, or in one of the `before` hours before one. #}
{% macro is_in_touched_hours(timestamp, touched, before=0) -%}
    {%- set hour = hour_of(timestamp) -%}
    (
        {{ is_touched('hour', touched, of=hour) }}
        {%- for hours in range(1, before + 1) %}
        or {{ is_touched('hour', touched, of=add_hours(hour, hours)) }}
        {%- endfor %}
    )
    {%- if is_incremental() %}
    and {{ timestamp }} >= (select {{ add_hours('min(hour)', -before) }} from {{ ref(touched) }})
    and {{ timestamp }} < (select {{ add_hours('max(hour)', 1) }} from {{ ref(touched) }})
    {%- endif -%}
{%- endmacro %}

{#-
  SQL: whether a timestamp lies in a touched day of the reporting time zone, or in one of the days from `before` days
  before to `after` days after one. The bounds are a day wider on both sides: no time zone is farther from UTC.
-#}
{% macro is_in_touched_days(timestamp, touched, before=0, after=0) -%}
    {%- set day = local_date(timestamp) -%}
    (
        {{ is_touched('activity_date', touched, of=day) }}
        {%- for days in range(1, before + 1) %}
        or {{ is_touched('activity_date', touched, of=add_days(day, days)) }}
        {%- endfor %}
        {%- for days in range(1, after + 1) %}
        or {{ is_touched('activity_date', touched, of=add_days(day, -days)) }}
        {%- endfor %}
    )
    {%- if is_incremental() %}
    and {{ timestamp }} >= (select cast({{ add_days('min(activity_date)', -before - 1) }} as timestamp) from {{ ref(touched) }})
    and {{ timestamp }} < (select cast({{ add_days('max(activity_date)', after + 2) }} as timestamp) from {{ ref(touched) }})
    {%- endif -%}
{%- endmacro %}
