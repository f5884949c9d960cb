{#-
  Fails if two rows share the values of `columns`, or one of them is null.

  For a large table that is kept between nights: the last build wrote no row but such whose `part`, a column, is in the
  relation `touched`; see rows_without_own_key.
-#}
{% test primary_key(model, columns, part=none, touched=none) %}

{%- set is_suspect = none -%}
{%- if touched is not none -%}
    {%- set is_suspect = part ~ ' in (select ' ~ part ~ ' from ' ~ ref(touched) ~ ')' -%}
    {%- if part not in columns -%}
        {%- set is_suspect = is_one_of('select ' ~ columns | join(', ') ~ ' from ' ~ model ~ ' where ' ~ is_suspect, columns) -%}
    {%- endif -%}
{%- endif -%}
{{ rows_without_own_key(model, columns, columns, is_suspect) }}

{% endtest %}
