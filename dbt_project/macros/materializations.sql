{#-
  Tables, views and incremental tables in one statement each, which is a transaction.

  They replace those of dbt-duckdb, which build beside the existing relation, rename both, drop one and look up the
  columns for each comment: eight statements and as many renderings, 10 s of CPU for a night of 140 models. DuckDB
  replaces a table in a transaction, so that a model that fails leaves the former one as it was. A table under a
  contract that the same code made (`former_tables`, told by build/transform.py) is filled anew, not made anew: columns,
  contract and comments stand. The transactions are written out because those of dbt (`disable_transactions` in
  profiles.yml), of two statements more, would be around every test, too. Seeds have none: one that is cut off leaves
  the build incomplete, and the next one makes all anew. Known are contracts, comments, pre-hooks, portions
  (portions.sql), and of incremental strategies `append` and `delete+insert`; another one is refused.
-#}

{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- if model.language == 'sql' -%}
        {{ return(replace_table()) }}
    {%- endif -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set written = make_intermediate_relation(relation) -%}  {#- by a connection of its own, at once -#}
    {% do run_query("drop table if exists " ~ written) %}
    {% call statement('main', language='python') %}{{ py_write_table(False, written, compiled_code) }}{% endcall %}
    {% call statement('replace') %}
        begin;
        {{- drop_other_kind(relation) }}
        drop table if exists {{ relation }};
        alter table {{ written }} rename to {{ relation.identifier }};
        commit;
    {% endcall %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% materialization incremental, adapter='duckdb', supported_languages=['sql'] %}
    {%- if not is_incremental() -%}
        {{ return(replace_table()) }}
    {%- endif -%}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set key, fresh = config.get('unique_key'), this.identifier ~ '__fresh' -%}
    {%- if config.get('incremental_strategy') != ('delete+insert' if key else 'append') or (key and has_portions()) -%}
        {% do exceptions.raise_compiler_error(this ~ ": expected append, or delete+insert with a unique_key, at once") %}
    {%- endif -%}
    {%- set take_over = take_over_columns(relation) -%}
    {% call statement('main') %}
        begin;
        {{- take_over }}
        {{- before() }}
        {%- if key %}
        create or replace temp table {{ fresh }} as ({{ compiled_code }});
        {%- set names = ([key] if key is string else key) | join(', ') %}
        delete from {{ relation }} where ({{ names }}) in (select {{ names }} from {{ fresh }});
        insert into {{ relation }} by name (select * from {{ fresh }});
        drop table {{ fresh }};
        {%- else %}
        {{- fill_table(relation) }}
        {%- endif %}
        {%- if not stands(relation) -%}
        {{ comments(relation) }}
        {%- endif %}
        commit;
    {% endcall %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {%- set relation = this.incorporate(type='view') -%}
    {% call statement('main') %}
        begin;
        {{- drop_other_kind(relation) }}
        create or replace view {{ relation }} as ({{ compiled_code }});
        commit;
    {% endcall %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}


{% macro replace_table() %}
    {%- set relation = this.incorporate(type='table') -%}
    {%- set has_contract = config.get('contract').enforced -%}
    {%- set is_refilled = has_contract and stands(relation) -%}
    {%- if not is_refilled -%}
        {% do assert_contract() %}
    {%- endif -%}
    {% call statement('main') %}
        begin;
        {{- before() }}
        {%- if is_refilled %}
        truncate {{ relation }};
        {{- fill_table(relation) }}
        {%- else %}
        {{- drop_other_kind(relation) }}
        {%- if has_contract %}
        create or replace table {{ relation }} {{ get_table_columns_and_constraints() }};
        {{- fill_table(relation) }}
        {%- elif has_portions() %}
        create or replace table {{ relation }} as (select * from ({{ compiled_code }}) limit 0);
        {{- fill_table(relation) }}
        {%- else %}
        create or replace table {{ relation }} as ({{ compiled_code }});
        {%- endif %}
        {{- comments(relation) }}
        {%- endif %}
        commit;
    {% endcall %}
    {{ return({'relations': [relation]}) }}
{% endmacro %}


{# SQL: the model's rows into its table, of one that is computed in portions (portions.sql) one by one. #}
{% macro fill_table(relation) %}
    {%- set insert = 'insert into ' ~ relation ~ ' by name (' ~ compiled_code ~ ');' -%}
    {%- if not has_portions() %}
        {{ insert }}
    {%- else %}
        {%- for begins, ends in portions() %}
        {{ set_session_time('portion_begins', begins) }};
        {{ set_session_time('portion_ends', ends) }};
        {{ insert }}
        {%- endfor %}
        {{ set_session_time('portion_begins', none) }};
        {{ set_session_time('portion_ends', none) }};
    {%- endif %}
{% endmacro %}


{# Whether the table is there, made by the same code: with its columns, under its contract, described. #}
{% macro stands(relation) %}
    {%- set existing = load_cached_relation(relation) -%}
    {{ return(var('former_tables', 'unknown') == 'same' and existing is not none and existing.type == relation.type) }}
{% endmacro %}


{# SQL: the model's pre-hooks. #}
{% macro before() %}
    {%- for hook in pre_hooks %}
        {%- set rendered = render(hook.get('sql')) | trim %}
        {%- if rendered %}
        {{ rendered }};
        {%- endif %}
    {%- endfor %}
{% endmacro %}


{#
  SQL, if any: a full build comes here only with a table that it keeps (build/kept.py), in the columns of a former
  definition. It gets those of now, in their order; new ones are null.
#}
{% macro take_over_columns(relation) %}
    {%- if var('former_tables', 'unknown') != 'kept' -%}
        {{ return('') }}
    {%- endif -%}
    {% do assert_contract() %}
    {%- set wanted, former = this.identifier ~ '__wanted', this.identifier ~ '__former' -%}
    {% do run_query("create or replace temp table " ~ wanted ~ " as select * from (" ~ compiled_code ~ ") limit 0") %}
    {%- set new, old = columns_of('temp', 'main', wanted), columns_of(this.database, this.schema, this.identifier) -%}
    {%- if new != old -%}
        {%- set both = new | map(attribute=0) | select('in', old | map(attribute=0) | list) | join(', ') -%}
        create or replace temp table {{ former }} as select {{ both }} from {{ relation }};
        create or replace table {{ relation }} as select * from {{ wanted }};
        insert into {{ relation }} by name select * from {{ former }};
        drop table {{ former }};
    {%- endif %}
        drop table {{ wanted }};
{% endmacro %}


{# The names and types of a table's columns, in their order. #}
{% macro columns_of(database, schema, table) %}
    {%- set columns = [] -%}
    {%- for row in run_query(
        "select column_name, data_type from duckdb_columns() where database_name = '" ~ database ~ "' and schema_name = '"
        ~ schema ~ "' and table_name = '" ~ table ~ "' order by column_index"
    ).rows -%}
        {%- do columns.append((row[0], row[1])) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}


{# SQL, if any, for a model that was a view and is to be a table, or the reverse; DuckDB replaces only like with like. #}
{% macro drop_other_kind(relation) %}
    {%- set existing = load_cached_relation(relation) -%}
    {%- if existing is not none and existing.type != relation.type %}
        drop {{ existing.type }} if exists {{ existing }};
    {%- endif -%}
{% endmacro %}


{# Fails, in dbt's words, where a model under a contract yields other columns or types. #}
{% macro assert_contract() %}
    {%- if config.get('contract').enforced -%}
        {% do get_assert_columns_equivalent(compiled_code) %}
    {%- endif -%}
{% endmacro %}


{# SQL: what is said of a relation and its columns; of columns only under a contract, which has them all. #}
{% macro comments(relation) %}
    {%- if config.persist_relation_docs() and model.description %}
        comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
    {%- endif -%}
    {%- if config.persist_column_docs() and config.get('contract').enforced %}
        {%- for column in model.columns.values() if column.description %}
        comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description) }};
        {%- endfor %}
    {%- endif -%}
{% endmacro %}
