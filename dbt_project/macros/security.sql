{# Whom a security rule speaks of: a kind of subject and its name, null where that is unknown; keyed hashes are cut. #}
{% macro security_subject(kind, name) -%}
    '{{ kind }} ' || {% if kind == 'source' %}substr({{ name }}, 1, 16){% else %}{{ name }}{% endif %}
{%- endmacro %}
