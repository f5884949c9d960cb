"""The tables that the loader fills, made from the contracts.

`raw.<feed>` holds the standing rows, one for each key; `superseded.<feed>` those that lost to them; `moved.<feed>`
what the models still have to learn of rows of former nights that left the standing ones or came back; `load` has the
ledger, the quarantine, the contracts' figures that checks read, by what to know the key of personal data, what keys are
hashed by, the landing zone's problems, how far the models have got, what made figures of past days move (causes.py),
from when on what is kept (closed_days.py), and what was deleted by age.
"""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from dagster_project.warehouse.contract import RAW_SCHEMA, ContractError, Feed
from dagster_project.warehouse.database import only_row
from dagster_project.warehouse.load.forms import ordered_json, quoted
from dagster_project.warehouse.load.personal_data import without_addresses

_TABLES = """
    create schema if not exists raw;
    create schema if not exists superseded;
    create schema if not exists moved;
    create schema if not exists changed;
    create schema if not exists load;
    create table if not exists load.deliveries (
        _file_id bigint, feed varchar, domain varchar, dt date, file varchar,
        lines bigint, loaded bigint, duplicates bigint, conflicts bigint, quarantined bigint,
        first_event_at timestamp, last_event_at timestamp, loaded_at timestamp,
        bytes bigint, sha256 varchar, identity varchar, status varchar, reason varchar, erased bigint
    );
    alter table load.deliveries add column if not exists erased bigint;
    create table if not exists load.quarantine (
        _file_id bigint, feed varchar, domain varchar, dt date, file varchar,
        line bigint, lines bigint, reason varchar, raw_text varchar, quarantined_at timestamp
    );
    create table if not exists load.feeds (
        feed varchar, domain varchar, mode varchar, retention varchar,
        max_quarantined_share double, freshness_hours double
    );
    create table if not exists load.personal_data_key (mark varchar);
    create table if not exists load.key_hashes (feed varchar, made_by varchar);
    create table if not exists load.problems (path varchar, problem varchar);
    create table if not exists load.progress (
        first_file_id bigint, as_of date, definitions varchar, is_complete boolean, is_full boolean,
        recompute_from date, recompute_to date, building_as_of date, build_id varchar
    );
    alter table load.progress add column if not exists building_as_of date;
    alter table load.progress add column if not exists build_id varchar;
    create table if not exists load.causes (
        noted_at timestamp, cause varchar, feed varchar, first_day date, last_day date
    );
    create table if not exists load.kept_from (name varchar, kept_from date, opens_at timestamp);
    create table if not exists load.retention_runs (
        run_at timestamp, as_of date, place varchar, name varchar, retention varchar, kept_from date, removed bigint,
        seconds double
    );
"""
# Of the columns that a contract does not know, where they are told.
MOST_NAMED = 5
# Columns of every raw table beyond its contract: unknown columns, where the row came from, and a hash of its key, which
# is read of all former rows where new ones come: a tenth of what reading and hashing the texts takes.
OWN_COLUMNS = {"_extra": "json", "_file_id": "bigint", "_line": "bigint", "_key_hash": "ubigint"}


def create_tables(connection: duckdb.DuckDBPyConnection, feeds: Collection[Feed]) -> None:
    """Make what is missing of the loader's tables; a column that a contract gained is added.

    Raises ContractError where a contract changed the type of a column or dropped one.
    """
    connection.execute("begin")
    connection.execute(_TABLES)
    connection.execute("delete from load.feeds")
    connection.executemany(
        "insert into load.feeds values (?, ?, ?, ?, ?, ?)",
        [[f.name, f.domain, f.mode, f.retention, f.max_quarantined_share, f.freshness_hours] for f in feeds],
    )
    found = _columns_by_table(connection)
    for feed in feeds:
        own = {column.name: column.data_type for column in feed.columns}
        unique = feed.key[0] if len(feed.key) == 1 and own[feed.key[0]] == "varchar" else None
        for table, columns in (
            (f"{RAW_SCHEMA}.{feed.name}", own | OWN_COLUMNS),
            (f"superseded.{feed.name}", own | OWN_COLUMNS | {"_conflicts": "boolean"}),
            (f"moved.{feed.name}", own),
        ):
            _ensure_table(connection, table, columns, found.get(table), unique)
    _ensure_key_hashes(connection, feeds)
    connection.execute("commit")


def contract_columns(feed: Feed) -> str:
    """SQL: the feed's columns by name, without the loader's own."""
    return ", ".join(f'"{column.name}"' for column in feed.columns)


def own_columns() -> str:
    """SQL: the loader's own columns of a raw table."""
    return ", ".join(OWN_COLUMNS)


def key_columns(feed: Feed) -> list[str]:
    """SQL expressions of the key; an optional part that is missing is equal to itself."""
    required = {column.name for column in feed.columns if column.required}
    return [f'"{name}"' if name in required else f"coalesce(\"{name}\"::varchar, '')" for name in feed.key]


def key_hash(feed: Feed) -> str:
    """SQL: what `_key_hash` is, of the feed's columns; some keys share one."""
    return f"hash({', '.join(key_columns(feed))})"


def unknown_columns(connection: duckdb.DuckDBPyConnection, feed: Feed, first_file_id: int) -> list[str]:
    """Columns beyond the contract that standing rows of files from `first_file_id` on have values in, to be read.

    The first MOST_NAMED alone, and without addresses: some sources use people's for names.
    """
    rows = connection.execute(f"""
        select distinct unnest(json_keys(_extra)) as name from {RAW_SCHEMA}.{feed.name}
        where _file_id >= {first_file_id} and _extra is not null
        order by name limit {MOST_NAMED}
    """).fetchall()
    return [without_addresses(name[:1000])[:60] for (name,) in rows]


def _ensure_key_hashes(connection: duckdb.DuckDBPyConnection, feeds: Collection[Feed]) -> None:
    """Hash keys anew where they were hashed by another DuckDB, whose function may be another, or of other columns.

    Keys that were loaded when JSON was kept as it came may be equal now: their files are to be settled anew.
    """
    version = only_row(connection, "select version()")[0]
    known = dict(connection.execute("select feed, made_by from load.key_hashes").fetchall())
    for feed in feeds:
        json = [column.name for column in feed.columns if column.data_type == "json" and column.name in feed.key]
        made_by = f"{', '.join([key_hash(feed), *map(ordered_json, json)])} of DuckDB {version}"
        if known.get(feed.name) == made_by:
            continue
        tables = f"{RAW_SCHEMA}.{feed.name}", f"superseded.{feed.name}"
        if any([_keep_json_as_now(connection, table, json) for table in tables]):
            connection.execute(
                "update load.deliveries set status = 'unsettled' where status = 'loaded' and feed = ?", [feed.name]
            )
        for table in tables:
            connection.execute(f"update {table} set _key_hash = {key_hash(feed)}")
        connection.execute("delete from load.key_hashes where feed = ?", [feed.name])
        connection.execute("insert into load.key_hashes values (?, ?)", [feed.name, made_by])


def _keep_json_as_now(connection: duckdb.DuckDBPyConnection, table: str, names: Collection[str]) -> bool:
    """Bring these columns into the form in which JSON of a key is kept; whether any value was in another one."""
    rewritten = [
        only_row(connection, f"update {table} set {name} = {form} where {name}::varchar <> {form}")[0]
        for name, form in ((quoted(name), ordered_json(quoted(name))) for name in names)
    ]
    return any(rewritten)


def _columns_by_table(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in connection.execute(
        "select schema_name || '.' || table_name, column_name, lower(data_type) from duckdb_columns()"
    ).fetchall():
        tables.setdefault(table, {})[column] = data_type
    return tables


def _ensure_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    wanted: dict[str, str],
    found: dict[str, str] | None,
    unique: str | None,
) -> None:
    if found is None:
        # what stands once gains nothing by a dictionary, which DuckDB would try first: twice the work of writing it
        stored = {unique: " using compression zstd"}
        columns = ", ".join(f"{name} {kind}{stored.get(name, '')}" for name, kind in wanted.items())
        connection.execute(f"create table {table} ({columns})")
        return
    for name in wanted.keys() - found.keys():
        connection.execute(f"alter table {table} add column {name} {wanted[name]}")
    changed = [name for name, data_type in found.items() if wanted.get(name) != data_type]
    if changed:
        raise ContractError(
            f"{table} was loaded under another contract ({', '.join(changed)} changed its type or is gone); "
            "to load everything anew from the landing zone, remove work/warehouse.duckdb from the home"
        )
