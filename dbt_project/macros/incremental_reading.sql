{# How touched and kept models read little of what is there; see incremental.sql for what is touched. #}

{#
  SQL: a superset of the rows whose days, in whatever time zone, are touched; put it beside the exact condition.
  Unlike that one it compares the bare column with literals, so that the engine reads the touched stretches of a table
  that lies in order of time, not all of it: 40 million events in 0.2 s instead of 19 s (time zones are dear).
  `first_day` and `last_day` are columns of the touched relation, dates; one row touches all days between them.
#}
{% macro is_near_touched(timestamp, touched, first_day, last_day=none) -%}
    {#- dbt learns of the dependency while it parses -#}
    {%- if not execute or is_incremental() -%}
        {%- set relation = ref(touched) -%}
    {%- endif -%}
    {%- if execute and is_incremental() -%}
        {%- set stretches = _stretches(relation, first_day, last_day or first_day) -%}
        (
            1 = 0
            {%- for stretch in stretches %}
            or {{ timestamp }} >= timestamp '{{ stretch[0] }}' and {{ timestamp }} < timestamp '{{ stretch[1] }}'
            {%- endfor %}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The touched days as few disjoint stretches of UTC, each wide enough for every time zone: from (date) until (date). #}
{% macro _stretches(relation, first_day, last_day) -%}
    {%- set days = run_query(
        "select distinct " ~ first_day ~ " as first_day, " ~ last_day ~ " as last_day from " ~ relation
        ~ " where " ~ first_day ~ " is not null order by first_day nulls last"
    ) -%}
    {%- set one_day = modules.datetime.timedelta(days=1) -%}
    {%- set stretches = [] -%}
    {%- for row in days.rows -%}
        {%- if stretches and row[0] - one_day <= stretches[-1][1] -%}
            {%- do stretches.append([stretches[-1][0], [stretches[-1][1], row[1] + 2 * one_day] | max]) -%}
            {%- do stretches.pop(-2) -%}
        {%- else -%}
            {%- do stretches.append([row[0] - one_day, row[1] + 2 * one_day]) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(stretches) }}
{%- endmacro %}

{#
  In a touched model, as a CTE: what the last build made of an intermediate model, which this build has yet to replace.
  Comparing it with the present tells exactly what changed. It is no ref because the model is to be replaced only
  afterwards: it must depend on the touched model, by is_touched or is_compared_by.
  `columns` maps the columns wanted to their types; there are no rows in a full build.
#}
{% macro of_last_build(model, columns) -%}
    {%- set former = none -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- set former = adapter.get_relation(this.database, 'intermediate', model) -%}
    {%- endif -%}
    {%- if former is not none -%}
        select {{ columns | join(', ') }} from {{ former }}
    {%- else -%}
        select
            {%- for column, data_type in columns.items() %}
            cast(null as {{ data_type }}) as {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        where 1 = 0
    {%- endif -%}
{%- endmacro %}

{# In a kept model, no SQL: these touched models read it by of_last_build and so are built before it. #}
{% macro is_compared_by(touched) -%}
    {%- if not execute -%}
        {%- for name in touched -%}
            {%- do ref(name) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
