{# Whom a security rule speaks of: a kind of subject and its name, null where that is unknown; keyed hashes are cut. #}
{% macro security_subject(kind, name) -%}
    '{{ kind }} ' || {% if kind == 'source' %}substr({{ name }}, 1, 16){% else %}{{ name }}{% endif %}
{%- endmacro %}

{#
  A country as a code or name that can be compared, null where it is none: empty, ISO's XX and ZZ for the unknown, and
  what locators of addresses say of anonymous networks (T1 for Tor, A1 for proxies, A2 for satellites).
#}
{% macro known_country(country) -%}
    case
        when upper(trim({{ country }})) in ('', 'XX', 'ZZ', 'T1', 'A1', 'A2') then null
        else upper(trim({{ country }}))
    end
{%- endmacro %}
