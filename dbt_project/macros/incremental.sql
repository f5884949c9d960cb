{#-
  Incremental without a lookback: a model recomputes exactly the parts of its table that changed rows touch.

  A model in `models/touched` names the parts (days, months, users, …), from `changed.<feed>` alone. A model that is
  kept between nights forgets these parts and computes them anew, both in one transaction:

      config(materialized='incremental', pre_hook=forget_touched('activity_date', 'touched_activity_days'))
      … where {{ is_touched('activity_date', 'touched_activity_days') }}

  The part is one column or a list of them, called the same in both relations. In a full build everything is touched.
-#}

{# For a config: delete the touched parts of the model's own table. The arguments are those of is_touched. #}
{% macro forget_touched(columns, touched, of=none) -%}
    {{ return(
        "{% if is_incremental() %}delete from {{ this }} where {{ is_touched(" ~ columns | tojson ~ ", '" ~ touched
        ~ "', " ~ (of | tojson if of else 'none') ~ ") }}{% endif %}"
    ) }}
{%- endmacro %}

{#-
  SQL: whether a row belongs to a part that is to be computed; true in a full build.
  `of` says which columns of the row to compare, where they are called otherwise than in the touched relation.
-#}
{% macro is_touched(columns, touched, of=none) -%}
    {#- dbt learns of the dependency while it parses -#}
    {%- if not execute or is_incremental() -%}
        {%- set relation = ref(touched) -%}
    {%- endif -%}
    {%- set names = [columns] if columns is string else columns -%}
    {%- set own = names if of is none else ([of] if of is string else of) -%}
    {%- if is_incremental() -%}
        ({{ own | join(', ') }}) in (select {{ names | join(', ') }} from {{ relation }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# SQL: for a model that keeps every row for good, whether it lacks one with these columns; true in a full build. #}
{% macro is_unknown(columns) -%}
    {%- if is_incremental() -%}
        ({{ columns | join(', ') }}) not in (select {{ columns | join(', ') }} from {{ this }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
