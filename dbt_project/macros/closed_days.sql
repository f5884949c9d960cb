{#
  SQL: the first hour (UTC) of which all is open of a feed; long ago where retention has closed no day. Hours before it
  have figures, while the rows that these were made of may be gone.
#}
{% macro first_open_hour(feed) -%}
    (
        select coalesce(max({{ hour_of(plus_minutes('opens_at', 59)) }}), timestamp '1900-01-01 00:00:00')
        from {{ source('load', 'kept_from') }}
        where name = '{{ feed }}'
    )
{%- endmacro %}
