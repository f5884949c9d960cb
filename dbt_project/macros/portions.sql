{#-
  Very many rows are computed in portions. A percentile needs all values of its statement in memory, and no engine moves
  those to disk: those of 100 million requests took 2.3 GB at once, 0.4 GB in portions, and no more CPU.

  A model says in its config what its portions are, and reads one of them by is_in_portion; fill_table
  (materializations.sql) inserts them one after the other, all in one transaction:

      config(…, meta={'portions': {
          'of': 'stg_platform__api_requests', 'by': 'started_at', 'unit': 'hour', 'touched': 'touched_api_hours'
      }})
      … where {{ is_in_touched_hours('started_at', 'touched_api_hours') }} and {{ is_in_portion('started_at') }}

  An hour or day is in one portion whole, so that a model that groups by it yields the same rows in however many. The
  times must not be null, as those that the contracts require never are. Units are `hour` and `utc_day` of a timestamp
  whose hours are touched, `local_day` of one whose days in the reporting time zone are, and `column`. What is computed
  of few rows at any size (integration checks, payments that were recovered) has no portions.
-#}

{# SQL: whether an hour or day, or a timestamp in an hour, is in the portion that is computed; of one alone, all are. #}
{%- macro is_in_portion(time) -%}
    {{ is_near_portion(time, 0) }}
{%- endmacro -%}

{# SQL: the same of the day of a timestamp in the reporting time zone; why bounds: touched_time.sql. #}
{%- macro is_in_portion_of_days(timestamp) -%}
    {#- no time zone is a day away from UTC -#}
    ({{ is_near_portion(timestamp, 24) }} and {{ is_in_portion(local_date(timestamp)) }})
{%- endmacro -%}

{# SQL: whether a time is in the portion or at most so many hours away. #}
{%- macro is_near_portion(time, hours) -%}
    {%- set begins, ends = session_time('portion_begins'), session_time('portion_ends') -%}
    (
        ({{ begins }} is null or {{ time }} >= {{ add_hours(begins, -hours) if hours else begins }})
        and ({{ ends }} is null or {{ time }} < {{ add_hours(ends, hours) if hours else ends }})
    )
{%- endmacro -%}

{# Whether the model that is being built is computed in portions. #}
{%- macro has_portions() -%}
    {{- return('portions' in config.get('meta', {})) -}}
{%- endmacro -%}

{#
  Its portions, as pairs of the hour or day where one begins and where the next does, none where there is no bound. Each
  has fewer than `rows_of_a_portion` rows, and those of one hour or day more.
#}
{%- macro portions() -%}
    {%- set wanted = config.get('meta').portions -%}
    {%- set rows_before = 'cast(sum(row_count) over (order by hour_or_day nulls last) as bigint) - row_count' -%}
    {%- set number = 'floor(' ~ divide(rows_before, var('rows_of_a_portion', 5000000)) ~ ')' -%}
    {%- set found = run_query(
        'with counts as (select ' ~ _unit(wanted) ~ ' as hour_or_day, count(*) as row_count from ' ~ ref(wanted.of)
        ~ ' where ' ~ _is_touched(wanted) ~ ' group by hour_or_day), numbered as (select hour_or_day, ' ~ number
        ~ ' as portion from counts) select min(hour_or_day) from numbered where portion > 0 group by portion'
        ~ ' order by portion nulls last'
    ) -%}
    {%- set bounds = [none] + found.columns[0].values() | list -%}
    {%- set pairs = [] -%}
    {%- for begins in bounds -%}
        {%- do pairs.append((begins, none if loop.last else loop.nextitem)) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{%- endmacro -%}

{# SQL: the hour or day of a row, of which the portions are made. #}
{%- macro _unit(wanted) -%}
    {%- if wanted.unit == 'hour' -%}
        {{ hour_of(wanted.by) }}
    {%- elif wanted.unit == 'utc_day' -%}
        cast({{ wanted.by }} as date)
    {%- elif wanted.unit == 'local_day' -%}
        {{ local_date(wanted.by) }}
    {%- else -%}
        {{ wanted.by }}
    {%- endif -%}
{%- endmacro -%}

{# SQL: whether a row is to be computed at all. #}
{%- macro _is_touched(wanted) -%}
    {%- if wanted.unit == 'column' -%}
        {{ is_touched(wanted.by, wanted.touched) }}
    {%- elif wanted.unit == 'local_day' -%}
        {{ is_in_touched_days(wanted.by, wanted.touched) }}
    {%- else -%}
        {{ is_in_touched_hours(wanted.by, wanted.touched) }}
    {%- endif -%}
{%- endmacro -%}
