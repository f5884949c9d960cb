{#-
  Groups of rows of `relation` that share `key` (null equals null), or where a column of `required` is null.

  `is_suspect` tells the rows that share a key with one that the last build may have written.
  Where all keys were unique before it (`former_keys`, told by build/transform.py), these alone are looked at: a key
  that came to stand twice is among them, and a night after a long history costs one scan of the key, not the grouping
  of all. Else, only rows that share the hash of their key are grouped by the key itself: half the memory where there
  are 50 million of them.
-#}
{%- macro rows_without_own_key(relation, key, required, is_suspect=none) -%}
    {%- set is_brief = is_suspect is not none and var('former_keys', 'unknown') == 'unique' -%}
    select
        {{ key | join(', ') }},
        count(*) as rows_with_this_key
    from {{ relation }}
    where {{ is_suspect if is_brief else _shares_its_hash(relation, key, required) }}
    group by {{ key | join(', ') }}
    having count(*) > 1 {{ _or_lacks(required) }}
{%- endmacro -%}

{%- macro _shares_its_hash(relation, key, required) -%}
    {{ row_hash(key) }} in (
        select {{ row_hash(key) }}
        from {{ relation }}
        group by {{ row_hash(key) }}
        having count(*) > 1
    )
    {{ _or_lacks(required) }}
{%- endmacro -%}

{%- macro _or_lacks(required) -%}
    {%- for column in required %} or {{ column }} is null {%- endfor %}
{%- endmacro -%}
