{# Fails if a value of the column is below `minimum` or above `maximum` (either may be left out); null passes. #}
{% test within_range(model, column_name, minimum=none, maximum=none) %}

select {{ column_name }}
from {{ model }}
where
    1 = 0
    {%- if minimum is not none %}
    or {{ column_name }} < {{ minimum }}
    {%- endif %}
    {%- if maximum is not none %}
    or {{ column_name }} > {{ maximum }}
    {%- endif %}

{% endtest %}
