"""The candidate without the person: the loader's tables by the rules of rules.py, everything else by what it holds.

What leaves `raw`, or changes in it, is noted in `moved.<feed>`, so that the next build computes anew what it touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from dagster_project.privacy.person import MARK, Person
from dagster_project.privacy.rules import is_fixed, owners, traces
from dagster_project.warehouse import standing
from dagster_project.warehouse.contract import Column, Feed
from dagster_project.warehouse.database import only_row
from dagster_project.warehouse.fingerprint import quoted
from dagster_project.warehouse.ledger import next_file_id
from dagster_project.warehouse.raw_tables import contract_columns
from dagster_project.warehouse.release_history import attach

# Tables that say of something else what was found of it: a text in them that is the person's alone is no row of theirs.
BOOKS = ("ops", "load", "release_history")
_TEXT_TYPES = ("VARCHAR", "JSON")


@dataclass(frozen=True)
class Found:
    """How many rows of a table go, and how many only lose a value."""

    table: str
    removed: int
    redacted: int


@contextmanager
def known(connection: duckdb.DuckDBPyConnection, person: Person) -> Iterator[None]:
    """The person's values as temporary tables `person_ids` and `person_values` while the context lasts."""
    for table, values in (("person_ids", person.ids), ("person_values", person.values | person.hashes)):
        connection.execute(f"create or replace temp table {table} as select unnest(?::varchar[]) as value", [[*values]])
    try:
        yield
    finally:
        connection.execute("drop table temp.person_ids; drop table temp.person_values")


def clean_feed(connection: duckdb.DuckDBPyConnection, feed: Feed, person: Person) -> list[Found]:
    """Take the person out of a feed's standing and superseded rows; the caller has a transaction open."""
    found = [_find(connection, f"{place}.{feed.name}", *_feed_rules(feed, person)) for place in ("raw", "superseded")]
    if not any(table.removed or table.redacted for table in found):
        return []
    goes, new = _feed_rules(feed, person)
    changes, columns = _is_changed(new), contract_columns(feed)
    standing.withdraw_rows(connection, feed, goes)
    connection.execute(f"delete from superseded.{feed.name} where {goes}")
    cleaned = ", ".join(new.get(column.name, quoted(column.name)) for column in feed.columns)
    for version in (columns, cleaned):  # the models have to learn of what was and of what is
        connection.execute(
            f"insert into moved.{feed.name} ({columns}) select {version} from raw.{feed.name} where {changes}"
        )
    assignments = ", ".join(f"{quoted(name)} = {value}" for name, value in new.items())
    for place in ("raw", "superseded"):
        connection.execute(f"update {place}.{feed.name} set {assignments} where {changes}")
    standing.settle(connection, feed, next_file_id(connection))
    return found


def find_in_feed(connection: duckdb.DuckDBPyConnection, feed: Feed, person: Person) -> list[Found]:
    """What `clean_feed` would do."""
    found = [_find(connection, f"{place}.{feed.name}", *_feed_rules(feed, person)) for place in ("raw", "superseded")]
    return [table for table in found if table.removed or table.redacted]


def clean_table(connection: duckdb.DuckDBPyConnection, database: str, table: str, person: Person) -> Found:
    """Take the person out of a table that is no feed's: rows of the person go, texts lose the person's values."""
    goes, new = _table_rules(connection, database, table, person)
    found = _find(connection, f"{quoted(database)}.{table}", goes, new)
    if found.removed:
        connection.execute(f"delete from {quoted(database)}.{table} where {goes}")
    if found.redacted:
        assignments = ", ".join(f"{quoted(name)} = {value}" for name, value in new.items())
        connection.execute(f"update {quoted(database)}.{table} set {assignments} where {_is_changed(new)}")
    return Found(table.replace('"', ""), found.removed, found.redacted)


def find_in_table(connection: duckdb.DuckDBPyConnection, database: str, table: str, person: Person) -> Found:
    """What `clean_table` would do."""
    found = _find(connection, f"{quoted(database)}.{table}", *_table_rules(connection, database, table, person))
    return Found(table.replace('"', ""), found.removed, found.redacted)


def other_tables(connection: duckdb.DuckDBPyConnection, database: str, without: Iterable[str] = ()) -> list[str]:
    """All tables of a database, quoted, but those of some schemas."""
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = ? and not internal and not temporary and not list_contains(?, schema_name) order by all",
        [database, list(without)],
    ).fetchall()
    return [f"{quoted(schema)}.{quoted(table)}" for schema, table in rows]


def rewrite(path: Path, draft: Path) -> None:
    """Copy a database to `draft`, live rows only: deleted rows stay in the free blocks of a DuckDB file."""
    for leftover in (draft, draft.with_name(draft.name + ".wal")):
        leftover.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        attach(connection, path, "old")
        attach(connection, draft, "new", options="")
        connection.execute("copy from database old to new")
        connection.execute("checkpoint new")
    with open(draft, "rb") as file:
        os.fsync(file.fileno())


def _feed_rules(feed: Feed, person: Person) -> tuple[str, dict[str, str]]:
    """SQL: which rows go, and the new value of every column that may change in the others."""
    pattern = _literal(person.sql_pattern)
    is_others = " or ".join(f"coalesce({quoted(c.name)}, '') <> ''" for c in owners(feed)) or "false"
    goes = [f"{quoted(c.name)} in (select value from person_ids)" for c in owners(feed)]
    new = {}
    for column in feed.columns:
        if column.data_type not in ("varchar", "json"):
            continue
        is_theirs, name = _is_theirs(feed, column, is_others), quoted(column.name)
        if is_theirs and is_fixed(feed, column.name):
            goes.append(is_theirs)
        if column.pii:
            new[column.name] = f"case when {is_theirs} then null else {name} end"
        elif column.name in feed.key:
            goes.append(f"regexp_matches({name}, {pattern})")
        else:
            text = _redacted(name, pattern)
            new[column.name] = f"case when {is_theirs} then null else {text} end" if is_theirs else text
    new["_extra"] = _redacted("_extra", pattern)
    listed = " or ".join(f"coalesce({condition}, false)" for condition in goes)
    return f"({listed})", new


def _is_theirs(feed: Feed, column: Column, is_others: str) -> str | None:
    if column.person == "mention":
        return f"{quoted(column.name)} in (select value from person_ids)"
    if column in traces(feed):
        return f"(not ({is_others}) and {quoted(column.name)} in (select value from person_values))"
    return None


def _table_rules(
    connection: duckdb.DuckDBPyConnection, database: str, table: str, person: Person
) -> tuple[str, dict[str, str]]:
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ? "
        "and '\"' || schema_name || '\".\"' || table_name || '\"' = ?",
        [database, table],
    ).fetchall()
    pattern, is_book = _literal(person.sql_pattern), table.split(".")[0].strip('"') in BOOKS
    goes, new = [], {}
    for name, data_type in columns:
        if data_type in _TEXT_TYPES:
            new[name] = _redacted(quoted(name), pattern)
            if not is_book:
                goes.append(f"{quoted(name)} in (select value from person_ids)")
        elif "VARCHAR" in data_type or "JSON" in data_type:  # lists and structs of text
            goes.append(f"regexp_matches({quoted(name)}::varchar, {pattern})")
    listed = " or ".join(f"coalesce({condition}, false)" for condition in goes) or "false"
    return f"({listed})", new


def _redacted(name: str, pattern: str) -> str:
    """Twice, because a separator between two values can belong to one match only."""
    once = f"regexp_replace({name}, {pattern}, '\\1{MARK}\\3', 'g')"
    return f"regexp_replace({once}, {pattern}, '\\1{MARK}\\3', 'g')"


def _is_changed(new: dict[str, str]) -> str:
    return " or ".join(f"{quoted(name)} is distinct from {value}" for name, value in new.items()) or "false"


def _find(connection: duckdb.DuckDBPyConnection, table: str, goes: str, new: dict[str, str]) -> Found:
    changes = _is_changed(new)
    removed, redacted = only_row(
        connection,
        f"select count(*) filter (where {goes}), count(*) filter (where not {goes} and ({changes})) from {table}",
    )
    return Found(table, removed, redacted)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
