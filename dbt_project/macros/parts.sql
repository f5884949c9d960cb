{#-
  Very many rows are computed in parts. A percentile needs all values of its statement in memory, and no engine moves
  those to disk: 100 million requests took 2.3 GB at once, 0.4 GB in parts, and no more CPU.

  A model says in its config what makes its parts, and reads one part by is_in_part; fill_table (materializations.sql)
  inserts them one after the other, all in one transaction:

      config(…, meta={'parts': parts_of_hours('stg_platform__api_requests', 'started_at', 'touched_api_hours')})
      … where {{ is_in_touched_hours('started_at', 'touched_api_hours') }} and {{ is_in_part('started_at') }}

  An hour or day is in one part whole, so that a model that groups by it yields the same rows in however many parts.
-#}

{# For a config: the touched UTC hours of a model's rows. The arguments are those of is_in_touched_hours. #}
{%- macro parts_of_hours(model, timestamp, touched) -%}
    {{- return(_parts(model, "hour_of('" ~ timestamp ~ "')", 'is_in_touched_hours', timestamp, touched)) -}}
{%- endmacro -%}

{# For a config: the touched days of the reporting time zone. The arguments are those of is_in_touched_days. #}
{%- macro parts_of_days(model, timestamp, touched) -%}
    {{- return(_parts(model, "local_date('" ~ timestamp ~ "')", 'is_in_touched_days', timestamp, touched)) -}}
{%- endmacro -%}

{# For a config: the touched values of a column. The arguments are those of is_touched. #}
{%- macro parts_of_column(model, column, touched) -%}
    {{- return(_parts(model, "'" ~ column ~ "'", 'is_touched', column, touched)) -}}
{%- endmacro -%}

{# To be rendered by parts(): settings, and whether a build is a full one, are not known when dbt reads a config. #}
{%- macro _parts(model, unit, is_touched, column, touched) -%}
    {{- return({
        'unit': '{{ ' ~ unit ~ ' }}',
        'rows': "{{ ref('" ~ model ~ "') }} where {{ " ~ is_touched ~ "('" ~ column ~ "', '" ~ touched ~ "') }}",
    }) -}}
{%- endmacro -%}

{# SQL: whether an hour or day, or a timestamp in an hour, is in the part that is computed; in the only one all are. #}
{%- macro is_in_part(time) -%}
    {{ is_near_part(time, 0) }}
{%- endmacro -%}

{# SQL: the same of the day of a timestamp in the reporting time zone; why bounds: touched_time.sql. #}
{%- macro is_in_part_of_days(timestamp) -%}
    {#- no time zone is a day away from UTC -#}
    {{ is_near_part(timestamp, 24) }} and {{ is_in_part(local_date(timestamp)) }}
{%- endmacro -%}

{# SQL: whether a time is in the part or at most so many hours away. #}
{%- macro is_near_part(time, hours) -%}
    {%- set begins, ends = session_time('part_begins'), session_time('part_ends') -%}
    ({{ begins }} is null or {{ time }} >= {{ add_hours(begins, -hours) if hours else begins }})
    and ({{ ends }} is null or {{ time }} < {{ add_hours(ends, hours) if hours else ends }})
{%- endmacro -%}

{# Whether the model that is being built is computed in parts. #}
{%- macro is_in_parts() -%}
    {{- return('parts' in config.get('meta', {})) -}}
{%- endmacro -%}

{#
  Its parts, as pairs of the hour or day where one begins and where the next does, none where there is no bound. Each
  has some `rows_of_a_part` rows at most, or a single hour or day.
#}
{%- macro parts() -%}
    {%- set of = config.get('meta').parts -%}
    {%- set rows_before = 'cast(sum(row_count) over (order by hour_or_day nulls last) as bigint) - row_count' -%}
    {%- set number = 'floor(' ~ divide(rows_before, var('rows_of_a_part', 5000000)) ~ ')' -%}
    {%- set found = run_query(
        'with counts as (select ' ~ render(of.unit) ~ ' as hour_or_day, count(*) as row_count from ' ~ render(of.rows)
        ~ ' group by hour_or_day), numbered as (select hour_or_day, ' ~ number ~ ' as part from counts)'
        ~ ' select min(hour_or_day) from numbered where part > 0 group by part order by part nulls last'
    ) -%}
    {%- set bounds = [none] + found.columns[0].values() | list -%}
    {%- set pairs = [] -%}
    {%- for begins in bounds -%}
        {%- do pairs.append((begins, none if loop.last else loop.nextitem)) -%}
    {%- endfor -%}
    {{- return(pairs) -}}
{%- endmacro -%}
