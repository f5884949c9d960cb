{#
  Groups of rows of `relation` that share `key` (null equals null), or where a column of `required` is null. Only rows
  that share the hash of their key are grouped by the key itself: half the memory where there are 50 million of them.
#}
{% macro rows_without_own_key(relation, key, required) -%}
select
    {{ key | join(', ') }},
    count(*) as rows_with_this_key
from {{ relation }}
where
    {{ row_hash(key) }} in (
        select {{ row_hash(key) }}
        from {{ relation }}
        group by {{ row_hash(key) }}
        having count(*) > 1
    )
    {%- for column in required %}
    or {{ column }} is null
    {%- endfor %}
group by {{ key | join(', ') }}
having
    count(*) > 1
    {%- for column in required %}
    or {{ column }} is null
    {%- endfor %}
{%- endmacro %}
