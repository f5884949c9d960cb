{# Fails if a row does not satisfy `expression`; like a check constraint it passes where that is null. #}
{% test satisfies(model, expression) %}

select *
from {{ model }}
where not ({{ expression }})

{% endtest %}
