{# Fails if two rows share the values of `columns`, or one of them is null. #}
{% test primary_key(model, columns) %}

{{ rows_without_own_key(model, columns, columns) }}

{% endtest %}
