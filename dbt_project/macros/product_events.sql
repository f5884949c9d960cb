{#- What events mean, over the contract's columns: staging says it of standing rows, touched of changed ones. -#}

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

{# Who visits where no session_id says so: the user, else the device. Null where neither is known. #}
{% macro visitor() -%}
    case
        when user_id is not null then 'user ' || user_id
        when anonymous_id is not null then 'anonymous ' || anonymous_id
    end
{%- endmacro %}

{# A page or, in an app, a screen was shown. #}
{% macro is_page_view() -%}
    event_name in ('page_view', 'screen_view')
{%- endmacro %}

{# A step of paying: payment_started, payment_submitted, payment_succeeded, … #}
{% macro is_payment_action() -%}
    left(event_name, 8) = 'payment_'
{%- endmacro %}

{# The user met an error: error, error_shown, upload_error, … #}
{% macro is_error() -%}
    event_name = 'error' or left(event_name, 6) = 'error_' or right(event_name, 6) = '_error'
{%- endmacro %}
