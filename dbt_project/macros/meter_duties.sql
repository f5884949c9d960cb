{#- When a reading is due, over a relation with month and the columns of int_meters. -#}

{# The day by whose end the reading of a month must be in. #}
{% macro due_date(relation) -%}
    {{ add_days(relation ~ '.month', relation ~ '.reading_due_day - 1') }}
{%- endmacro %}

{# Whether a reading is due in the month: the meter is in service on the due day. #}
{% macro is_due(relation) -%}
    {{ relation }}.installed_date <= {{ due_date(relation) }}
    and coalesce({{ relation }}.removed_date >= {{ due_date(relation) }}, true)
{%- endmacro %}
