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
