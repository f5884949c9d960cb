{# Fails if a row does not satisfy `expression`, or leaves it unknown (null). #}
{% test satisfies(model, expression) %}

select *
from {{ model }}
where not coalesce({{ expression }}, false)

{% endtest %}
