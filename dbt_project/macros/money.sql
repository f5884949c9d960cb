{#-
  Minor units in the reporting currency, unrounded, at the joined row `rates` of int_currency_rates.
  Null where its exponent or rate is null, or where the sum is beyond 10^15 whole units: a null fails the finance gate,
  an overflow would stop the night for every domain.
  The types are the widest that decimal(38) multiplies without rounding, on Spark too; the contract keeps rates
  below 10^8. The result has 14 decimals.
-#}
{% macro in_reporting_currency(minor_units, rates) -%}
    {%- set whole_minor_units = cast_or_null(minor_units, 'decimal(19, 0)') -%}
    {{ cast_or_null(whole_minor_units ~ ' * ' ~ minor_unit_value(rates ~ '.minor_unit_exponent'), 'decimal(19, 4)') }}
    * cast({{ rates }}.rate as decimal(18, 10))
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
