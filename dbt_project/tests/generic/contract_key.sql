{#-
  Fails if the feed's raw table holds two rows with the same key, or one without a required part of it.
  Key and required columns are read from the contract, so they stand there only. After a build of what changed, the
  keys of rows that came are looked at alone, where all were unique before; not one of which an older row came back.
  By the loader's hash first: of a long history nothing else is read unless one stands twice.
-#}
{% test contract_key(model) %}

{%- set raw_tables = graph.sources.values() | selectattr('schema', 'equalto', model.schema) if execute -%}
{%- set feed = raw_tables | selectattr('name', 'equalto', model.identifier) | first if execute -%}
{%- set key = feed.config.meta.key if execute else [] -%}
{%- set required = [] -%}
{%- set lacks = ['false'] -%}
{%- for column in key if feed.columns[column].config.meta.get('required') -%}
    {%- do required.append(column) -%}
    {%- do lacks.append(column ~ ' is null') -%}
{%- endfor -%}
{%- if execute -%}
    {%- set changed = source('changed', model.identifier) -%}
    {%- set is_suspect -%}
    _key_hash in (
        select _key_hash from {{ model }}
        where _key_hash in (select _key_hash from {{ changed }})
        group by _key_hash
        having count(*) > 1
        union all
        select _key_hash from {{ changed }}
        where {{ lacks | join(' or ') }}
    )
    {%- endset -%}
{%- endif -%}
{{ rows_without_own_key(model, key, required, is_suspect or none) }}

{% endtest %}
