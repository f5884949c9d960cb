{#- What kinds of events mean, over the contract's columns: staging says it of standing rows, touched of changed ones. -#}

{# Somebody, known or not, did something: no passive event, no bot. #}
{% macro is_interaction() -%}
    event_name not in ('push_received', 'email_delivered', 'background_sync') and not coalesce(is_bot, false)
{%- endmacro %}

{# The same of a known user: what makes a user active. #}
{% macro is_activity() -%}
    user_id is not null and {{ is_interaction() }}
{%- endmacro %}

{# Whether something at `event_at` activates who registered at `registered_at`: half-open, the very end is too late. #}
{% macro is_within_activation_window(registered_at, event_at) -%}
    {{ registered_at }} <= {{ event_at }} and {{ plus_days(registered_at, 7) }} > {{ event_at }}
{%- endmacro %}
