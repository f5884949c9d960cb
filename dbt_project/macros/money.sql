{#-
  Minor units in the reporting currency, unrounded, at the joined row `rates` of int_currency_rates.
  Null where its exponent or rate is null, or where the sum is beyond 10^15 whole units: a null fails the finance gate,
  an overflow would stop the night for every domain. Nothing is nothing in every currency, with a rate or without.
  The types are the widest that decimal(38) multiplies without rounding, on Spark too; the contract keeps rates
  below 10^8. The result has 14 decimals.
-#}
{% macro in_reporting_currency(minor_units, rates) -%}
    {%- set whole_minor_units = cast_or_null(minor_units, 'decimal(19, 0)') -%}
    case
        when {{ minor_units }} = 0 then 0
        else
            {{ cast_or_null(
                whole_minor_units ~ ' * ' ~ minor_unit_value(rates ~ '.minor_unit_exponent'), 'decimal(19, 4)'
            ) }}
            * cast({{ rates }}.rate as decimal(18, 10))
    end
{%- endmacro %}

{# What one minor unit is worth in whole units: 0.01 for exponent 2. #}
{% macro minor_unit_value(exponent) -%}
    case {{ exponent }}
        when 0 then cast(1 as decimal(5, 4))
        when 1 then cast(0.1 as decimal(5, 4))
        when 2 then cast(0.01 as decimal(5, 4))
        when 3 then cast(0.001 as decimal(5, 4))
        when 4 then cast(0.0001 as decimal(5, 4))
    end
{%- endmacro %}

{# The published form of an unrounded amount, null where it does not fit. Call it once per published cell. #}
{% macro rounded_money(amount) -%}
    {{ cast_or_null('round(' ~ amount ~ ', 2)', 'decimal(18, 2)') }}
{%- endmacro %}

{#-
  The published form of an unrounded amount >= 0 over a count, null where that is zero or the result does not fit.
  Recurring amounts are kept by the year, in which months, quarters and years are exact, and published over 12.
-#}
{% macro money_each(amount, count) -%}
    {%- set bounded = cast_or_null(amount, 'decimal(30, 12)') -%}
    {{ cast_or_null(exact_quotient(bounded, count, 2), 'decimal(18, 2)') }}
{%- endmacro %}

{# A yearly amount in the reporting currency, unrounded for all rates and prices that occur; 10^20 at most. #}
{% macro arr_at_rate(arr, rate) -%}
    cast({{ arr }} * {{ rate }} as decimal(38, 12))
{%- endmacro %}

{# The gross margin of the settings, exactly as it was written there. #}
{% macro gross_margin() -%}
    cast({{ var('gross_margin') }} as decimal(9, 8))
{%- endmacro %}

{#-
  What a customer's recurring revenue did from one day's end to another: `amounts` has is_paying_before,
  is_paying_after, revalued_arr (that of before at the rates of after) and closing_arr.
-#}
{% macro movement_type(amounts, is_first_paid_within) -%}
    case
        when not {{ amounts }}.is_paying_before and {{ is_first_paid_within }} then 'new'
        when not {{ amounts }}.is_paying_before then 'reactivation'
        when not {{ amounts }}.is_paying_after then 'churn'
        when {{ amounts }}.closing_arr > {{ amounts }}.revalued_arr then 'expansion'
        when {{ amounts }}.closing_arr < {{ amounts }}.revalued_arr then 'contraction'
        else 'unchanged'
    end
{%- endmacro %}

{# A marketing channel by name: unknown where it was not told, or is called like the total of all. #}
{% macro named_channel(channel) -%}
    coalesce(nullif({{ channel }}, 'all'), 'unknown')
{%- endmacro %}
