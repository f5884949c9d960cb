"""The candidate without the person: the loader's tables by the rules of rules.py, everything else by what it holds.

What leaves `raw`, or changes in it, is noted in `moved.<feed>`, so that the next build computes anew what it touched.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from dagster_project.privacy.person import MARK, Person
from dagster_project.privacy.rules import is_fixed, may_be_a_word, may_name, owners, traces
from dagster_project.warehouse.contract import PEOPLE_BY_KIND, Column, Feed, people_columns, read_contracts
from dagster_project.warehouse.database import in_memory, only_row
from dagster_project.warehouse.fingerprint import quoted
from dagster_project.warehouse.load import standing
from dagster_project.warehouse.load.forms import literal
from dagster_project.warehouse.load.ledger import next_file_id
from dagster_project.warehouse.load.raw_tables import contract_columns
from dagster_project.warehouse.release.history import attach

# Tables that say of something else what was found of it: a text in them that is the person's alone is no row of theirs.
BOOKS = ("ops", "load", "release_history")
_TEXT_TYPES = ("VARCHAR", "JSON")
# Columns of models that hold texts of feeds under other names.
_TEXTS_OF_MODELS = {"from_page", "to_page", "pattern", "evidence"}


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


def clean_feed(connection: duckdb.DuckDBPyConnection, feed: Feed, person: Person) -> None:
    """Take the person out of a feed's standing and superseded rows; the caller has a transaction open."""
    if not find_in_feed(connection, feed, person):
        return
    rules, columns = _feed_rules(feed, person), contract_columns(feed)
    standing.withdraw_rows(connection, feed, rules.goes)
    connection.execute(f"delete from superseded.{feed.name} where {rules.goes}")
    cleaned = ", ".join(rules.new.get(column.name, quoted(column.name)) for column in feed.columns)
    for version in (columns, cleaned):  # the models have to learn of what was and of what is
        connection.execute(
            f"insert into moved.{feed.name} ({columns}) select {version} from raw.{feed.name} where {rules.changes}"
        )
    for place in ("raw", "superseded"):
        connection.execute(f"update {place}.{feed.name} set {rules.assignments} where {rules.changes}")
    standing.settle(connection, feed, next_file_id(connection))


def find_in_feed(connection: duckdb.DuckDBPyConnection, feed: Feed, person: Person) -> list[Found]:
    """What `clean_feed` would do."""
    rules = _feed_rules(feed, person)
    return [found for place in ("raw", "superseded") for found in _find(connection, f"{place}.{feed.name}", rules)]


def clean_table(connection: duckdb.DuckDBPyConnection, database: str, table: str, person: Person) -> None:
    """Take the person out of a table that is no feed's: rows of the person go, texts lose the person's values."""
    if find_in_table(connection, database, table, person):
        rules = _table_rules(connection, database, table, person)
        connection.execute(f"delete from {quoted(database)}.{table} where {rules.goes}")
        if rules.new:
            connection.execute(f"update {quoted(database)}.{table} set {rules.assignments} where {rules.changes}")


def find_in_table(connection: duckdb.DuckDBPyConnection, database: str, table: str, person: Person) -> list[Found]:
    """What `clean_table` would do."""
    found = _find(connection, f"{quoted(database)}.{table}", _table_rules(connection, database, table, person))
    return [replace(one, table=table.replace('"', "")) for one in found]


def other_tables(
    connection: duckdb.DuckDBPyConnection, database: str, schemas: Iterable[str] = (), tables: Iterable[str] = ()
) -> list[str]:
    """All tables of a database, quoted, but those of some schemas, and some single ones."""
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = ? and not internal and not temporary and not list_contains(?, schema_name) "
        "and not list_contains(?, schema_name || '.' || table_name) order by all",
        [database, list(schemas), list(tables)],
    ).fetchall()
    return [f"{quoted(schema)}.{quoted(table)}" for schema, table in rows]


def rewrite(path: Path, draft: Path) -> None:
    """Copy a database to `draft`, live rows only: deleted rows stay in the free blocks of a DuckDB file."""
    for leftover in (draft, draft.with_name(draft.name + ".wal")):
        leftover.unlink(missing_ok=True)
    with in_memory() as connection:
        attach(connection, path, "old")
        attach(connection, draft, "new", options="")
        connection.execute("copy from database old to new")
        connection.execute("checkpoint new")
    with open(draft, "rb") as file:
        os.fsync(file.fileno())


def replace_by_copy(path: Path) -> None:
    """Have a copy with live rows only take the place of a database that nobody has open."""
    draft = _draft(path)
    rewrite(path, draft)
    draft.chmod(path.stat().st_mode & 0o777)
    os.replace(draft, path)


def sweep_copies(path: Path) -> None:
    """Remove what a killed `replace_by_copy` left."""
    for leftover in path.parent.glob(f"{_draft(path).name}*"):
        leftover.unlink()


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.stem}.rewritten.tmp")


@dataclass(frozen=True)
class _Rules:
    """SQL over one table: which rows go, which of the others change, and the new value of every column that may."""

    goes: str
    changes: str
    new: dict[str, str]

    @property
    def assignments(self) -> str:
        return ", ".join(f"{quoted(name)} = {value}" for name, value in self.new.items())


def _feed_rules(feed: Feed, person: Person) -> _Rules:
    pattern = literal(person.sql_pattern)
    is_others = " or ".join(f"coalesce({quoted(c.name)}, '') <> ''" for c in owners(feed)) or "false"
    goes = [f"{quoted(c.name)} in (select value from person_ids)" for c in owners(feed)]
    changes: list[str] = []
    new: dict[str, str] = {}
    for column in [c for c in feed.columns if c.data_type in ("varchar", "json")]:
        name, is_theirs = quoted(column.name), _is_theirs(feed, column, is_others)
        words = person.words if may_be_a_word(column) else ()
        is_named = None if column.pii or not may_name(column) else _is_named(name, pattern, words, column.holds_ids)
        if is_theirs and is_fixed(feed, column.name):
            goes.append(is_theirs)
        if column.name in feed.key:
            goes += [is_named] if is_named else []
            continue
        new[column.name] = f"case when {is_named} then {_redacted(name, pattern)} else {name} end" if is_named else name
        if is_theirs:
            new[column.name] = f"case when {is_theirs} then null else {new[column.name]} end"
        changes += filter(None, [is_theirs, is_named])
    new["_extra"] = _redacted("_extra", pattern)
    changes.append(f"regexp_matches(_extra, {pattern})")
    return _Rules(_any(goes), _any(changes), new)


def _is_theirs(feed: Feed, column: Column, is_others: str) -> str | None:
    """SQL: whether the column's value is the person's, in a row that is not."""
    if column.person == "mention":
        return f"{quoted(column.name)} in (select value from person_ids)"
    if column in traces(feed):
        return f"(not ({is_others}) and {quoted(column.name)} in (select value from person_values))"
    return None


def _table_rules(connection: duckdb.DuckDBPyConnection, database: str, table: str, person: Person) -> _Rules:
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = ? "
        "and '\"' || schema_name || '\".\"' || table_name || '\"' = ?",
        [database, table],
    ).fetchall()
    pattern, is_book = literal(person.sql_pattern), table.split(".")[0].strip('"') in BOOKS
    feeds = read_contracts().values()
    people = people_columns(feeds)
    texts = _TEXTS_OF_MODELS | {column.name for feed in feeds for column in feed.columns if column.person == "text"}
    goes, changes, new = [], [], {}
    for name, data_type in columns:
        column = quoted(name)
        if data_type in _TEXT_TYPES:
            words = () if is_book or name in texts else person.words
            is_named, cleaned = _is_named(column, pattern, words, name in people), _redacted(column, pattern)
            if name in PEOPLE_BY_KIND:
                is_named, cleaned = _by_kind(column, pattern, person)
            new[name] = f"case when {is_named} then {cleaned} else {column} end"
            changes.append(is_named)
            goes += [f"{column} in (select value from person_ids)"] if name in people and not is_book else []
        elif "VARCHAR" in data_type or "JSON" in data_type:  # lists and structs of text
            goes.append(f"regexp_matches({quoted(name)}::varchar, {pattern})")
    return _Rules(_any(goes), _any(changes), new)


def _is_named(name: str, pattern: str, words: Collection[str], is_of_people: bool) -> str:
    """SQL: whether a text names the person: not by being one of the words alone, see Person.words, and in a column of
    people, whose ids may be longer ones of others, only by being an address of the person.
    """
    if is_of_people:
        return f"(regexp_matches({name}, {pattern}) and {name} in (select value from person_values))"
    is_no_word = f" and not list_contains({sorted(words)}, lower({name}::varchar))" if words else ""
    return f"(regexp_matches({name}, {pattern}){is_no_word})"


def _by_kind(name: str, pattern: str, person: Person) -> tuple[str, str]:
    """SQL of a column of PEOPLE_BY_KIND: whether a value names the person, by id or in the text of another kind, and
    the value without the person.
    """
    own = ", ".join(literal(f"{kind} {user_id}") for kind in ("user", "actor") for user_id in sorted(person.ids))
    is_own, is_of_a_user = f"{name} in ({own})", f"regexp_matches({name}, '^(user|actor) ')"
    is_named = f"({is_own} or (regexp_matches({name}, {pattern}) and not {is_of_a_user}))"
    return (
        is_named,
        f"case when {is_own} then regexp_replace({name}, ' .*', ' {MARK}') else {_redacted(name, pattern)} end",
    )


def _redacted(name: str, pattern: str) -> str:
    """Twice, because a separator between two values can belong to one match only."""
    once = f"regexp_replace({name}, {pattern}, '\\1{MARK}\\3', 'g')"
    return f"regexp_replace({once}, {pattern}, '\\1{MARK}\\3', 'g')"


def _any(conditions: list[str]) -> str:
    """SQL: whether one of the conditions holds; never null."""
    return f"({' or '.join(f'coalesce({condition}, false)' for condition in conditions) or 'false'})"


def _find(connection: duckdb.DuckDBPyConnection, table: str, rules: _Rules) -> list[Found]:
    if not connection.execute(f"select 1 from {table} limit 1").fetchall():
        return []
    counts = f"count(*) filter (where {rules.goes}), count(*) filter (where not {rules.goes} and {rules.changes})"
    removed, redacted = only_row(connection, f"select {counts} from {table}")
    return [Found(table, removed, redacted)] if removed or redacted else []
