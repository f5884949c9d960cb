{#-
  How touched models compare what the last build made with the present; see incremental.sql for what is touched.
-#}

{#
  In a touched model, as a CTE: what the last build made of an intermediate model, which this build has yet to replace.
  Comparing it with the present tells exactly what changed. It is no ref because the model is to be replaced only
  afterwards: it must depend on the touched model, by is_touched or is_compared_by.
  `columns` maps the columns wanted to their types; there are no rows in a full build.
#}
{%- macro of_last_build(model, columns) -%}
    {%- set former = none -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- set former = adapter.get_relation(this.database, 'intermediate', model) -%}
    {%- endif -%}
    {%- if former is not none -%}
        select {{ columns | join(', ') }} from {{ former }}
    {%- else -%}
        {%- set nulls = [] -%}
        {%- for column, data_type in columns.items() -%}
            {%- do nulls.append('cast(null as ' ~ data_type ~ ') as ' ~ column) -%}
        {%- endfor -%}
        select {{ nulls | join(', ') }} where 1 = 0
    {%- endif -%}
{%- endmacro -%}

{# In a kept model, no SQL: these touched models read it by of_last_build and so are built before it. #}
{%- macro is_compared_by(touched) -%}
    {%- if not execute -%}
        {%- for name in touched -%}
            {%- do ref(name) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}
