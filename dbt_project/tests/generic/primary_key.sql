{#-
  Fails if two rows share the values of `columns`, or one of them is null.

  For a large table that is kept between nights: of each row that the last build wrote, one of the columns in `touched`
  has a value that is in the relation it maps that column to; see rows_without_own_key.
-#}
{% test primary_key(model, columns, touched={}) %}

{%- set conditions = [] -%}
{%- for part, relation in touched.items() -%}
    {%- do conditions.append(part ~ ' in (select ' ~ part ~ ' from ' ~ ref(relation) ~ ')') -%}
{%- endfor -%}
{%- set is_written = conditions | join(' or ') -%}
{#- rows of one key need not share what is no part of it; the key's first column they do, and to compare one is quick -#}
{%- if touched and touched | reject('in', columns) | list -%}
    {%- set first = columns | first -%}
    {%- set written = 'select ' ~ first ~ ' from ' ~ model ~ ' where ' ~ is_written -%}
    {%- set is_written = first ~ ' in (' ~ written ~ ') or ' ~ first ~ ' is null' -%}
{%- endif -%}
{{ rows_without_own_key(model, columns, columns, '(' ~ is_written ~ ')' if touched else none) }}

{% endtest %}
