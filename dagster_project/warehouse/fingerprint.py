"""The content of a table in a few words, to say whether two tables hold the same.

Tables are named `schema.name`; `database` is the name under which their file is attached.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Fingerprint:
    """Equal for tables of equal rows in any order, of the same columns, with the same descriptions."""

    rows: int
    content: str
    columns: str
    comments: str


@dataclass(frozen=True)
class Description:
    """A table's columns with their types, in order, and what is said of table and columns."""

    columns: dict[str, str]
    comment: str | None
    column_comments: dict[str, str]


def quoted(name: str) -> str:
    """An SQL identifier, whatever characters the name has."""
    return '"' + name.replace('"', '""') + '"'


def qualified(database: str, table: str) -> str:
    """`schema.name` in an attached database, quoted for SQL."""
    return ".".join(quoted(part) for part in (database, *table.split(".", 1)))


def tables_in(connection: duckdb.DuckDBPyConnection, database: str, schemas: Iterable[str]) -> list[str]:
    """The tables of the given schemas as `schema.name`, sorted."""
    rows = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = ? and list_contains(?, schema_name) order by 1",
        [database, list(schemas)],
    ).fetchall()
    return [table for (table,) in rows]


def describe(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Description]:
    """Columns, types and comments of every table of a database, in one look at its catalogue."""
    tables = connection.execute(
        "select schema_name || '.' || table_name, comment from duckdb_tables() where database_name = ?", [database]
    ).fetchall()
    described = {table: Description({}, comment, {}) for table, comment in tables}
    columns = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type, comment from duckdb_columns() "
        "where database_name = ? order by column_index",
        [database],
    ).fetchall()
    for table, name, data_type, comment in columns:
        if table in described:  # and is no view
            described[table].columns[name] = data_type
            if comment:
                described[table].column_comments[name] = comment
    return described


def fingerprints(connection: duckdb.DuckDBPyConnection, database: str, tables: Iterable[str]) -> dict[str, Fingerprint]:
    """The fingerprint of each of the named tables, which must exist."""
    described = describe(connection, database)
    return {table: _fingerprint(connection, database, table, described[table]) for table in tables}


def _fingerprint(
    connection: duckdb.DuckDBPyConnection, database: str, table: str, described: Description
) -> Fingerprint:
    """One pass over the table: the rows' 64-bit hashes, added and xored, depend on every cell and on no order."""
    row = f"hash({', '.join(map(quoted, described.columns))})"
    rows, added, xored = connection.execute(
        f"select count(*), coalesce(sum(cast({row} as hugeint)), 0), coalesce(bit_xor({row}), 0) "
        f"from {qualified(database, table)}"
    ).fetchall()[0]
    comments = repr((described.comment, sorted(described.column_comments.items())))
    return Fingerprint(
        rows=rows,
        content=f"{added:x}-{xored:x}",
        columns=", ".join(f"{name} {data_type}" for name, data_type in described.columns.items()),
        comments=hashlib.sha256(comments.encode()).hexdigest()[:16],
    )


def difference(expected: Mapping[str, Fingerprint], found: Mapping[str, Fingerprint]) -> str | None:
    """In words, the first table that is not as expected; None where all are."""
    for table in sorted({*expected, *found}):
        wanted, actual = expected.get(table), found.get(table)
        if wanted is None:
            return f"{table} is there unexpectedly"
        if actual is None:
            return f"{table} is missing"
        for aspect in ("columns", "rows", "comments", "content"):
            if getattr(wanted, aspect) != getattr(actual, aspect):
                return f"{table}: {aspect} expected {getattr(wanted, aspect)}, found {getattr(actual, aspect)}"
    return None
