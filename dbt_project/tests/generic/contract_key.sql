{#-
  Fails if the feed's raw table holds two rows with the same key, or one without a required part of it.
  Key and required columns are read from the contract, so they stand there only.
-#}
{% test contract_key(model) %}

{%- set feed = graph.sources.values() | selectattr('name', 'equalto', model.identifier) | first if execute -%}
{%- set key = feed.config.meta.key if execute else [] -%}
{%- set required = [] -%}
{%- for column in key if feed.columns[column].config.meta.get('required') -%}
    {%- do required.append(column) -%}
{%- endfor -%}

{{ rows_without_own_key(model, key, required) }}

{% endtest %}


{# Fails if two rows share the values of `columns`, or one of them is null. #}
{% test primary_key(model, columns) %}

{{ rows_without_own_key(model, columns, columns) }}

{% endtest %}


{# Groups of rows of `relation` that share `key` (null equals null), or where a column of `required` is null. #}
{% macro rows_without_own_key(relation, key, required) -%}
select
    {{ key | join(', ') }},
    count(*) as rows_with_this_key
from {{ relation }}
group by {{ key | join(', ') }}
having
    count(*) > 1
    {%- for column in required %}
    or {{ column }} is null
    {%- endfor %}
{%- endmacro %}
