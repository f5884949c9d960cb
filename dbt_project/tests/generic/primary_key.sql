{#-
  Fails if two rows share the values of `columns`, or one of them is null.

  For a large table that is kept between nights: the last build wrote no row but such whose `part`, a column, is in the
  relation `touched`; see rows_without_own_key.
-#}
{% test primary_key(model, columns, part=none, touched=none) %}

{%- set written = none -%}
{%- if touched is not none -%}
    {%- set written -%}
        select {{ columns | join(', ') }} from {{ model }} where {{ part }} in (select {{ part }} from {{ ref(touched) }})
    {%- endset -%}
{%- endif -%}
{{ rows_without_own_key(model, columns, columns, written) }}

{% endtest %}
