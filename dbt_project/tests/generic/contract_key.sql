{#-
  Fails if the feed's raw table holds two rows with the same key, or one without a required part of it.
  Key and required columns are read from the contract, so they stand there only. After a build of what changed, the
  keys of changed rows alone are looked at: the others were before.
-#}
{% test contract_key(model) %}

{%- set raw_tables = graph.sources.values() | selectattr('schema', 'equalto', model.schema) if execute -%}
{%- set feed = raw_tables | selectattr('name', 'equalto', model.identifier) | first if execute -%}
{%- set key = feed.config.meta.key if execute else [] -%}
{%- set required = [] -%}
{%- for column in key if feed.columns[column].config.meta.get('required') -%}
    {%- do required.append(column) -%}
{%- endfor -%}

{%- set is_full = run_query('select is_full from ' ~ source('load', 'progress')).rows[0][0] if execute else true -%}
{%- set rows -%}
    {%- if is_full -%}
        {{ model }}
    {%- else -%}
        (
            select *
            from {{ model }} as standing
            where
                exists (
                    select 1
                    from {{ source('changed', model.identifier) }} as changed
                    where
                        {%- for column in key %}
                        {{ 'and ' if not loop.first }}standing.{{ column }} is not distinct from changed.{{ column }}
                        {%- endfor %}
                )
        ) as standing
    {%- endif -%}
{%- endset -%}

{{ rows_without_own_key(rows, key, required) }}

{% endtest %}
