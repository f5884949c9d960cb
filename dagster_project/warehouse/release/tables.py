"""Writing the tables of a release, and reading them back to be certain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from dagster_project.warehouse.database import in_memory
from dagster_project.warehouse.fingerprint import (
    Description,
    Fingerprint,
    difference,
    fingerprints,
    qualified,
    quoted,
    tables_in,
)
from dagster_project.warehouse.gate.verdict import DOMAINS
from dagster_project.warehouse.release.files import ReleaseError
from dagster_project.warehouse.release.history import COLUMNS, attach


def copy_table(
    connection: duckdb.DuckDBPyConnection, source: str, target: str, table: str, described: Description
) -> None:
    """Copy one table with its descriptions from one attached database into another."""
    schema = quoted(table.split(".", 1)[0])
    connection.execute(f"create schema if not exists {quoted(target)}.{schema}")
    connection.execute(f"create table {qualified(target, table)} as from {qualified(source, table)}")
    comment(connection, target, table, described)


def comment(connection: duckdb.DuckDBPyConnection, database: str, table: str, described: Description) -> None:
    """Describe a table, and those of its columns that it has, in the given words."""
    name = qualified(database, table)
    statements = [f"comment on table {name} is {_text(described.comment)}"] if described.comment else []
    for column, words in described.column_comments.items():
        statements.append(f"comment on column {name}.{quoted(column)} is {_text(words)}")
    if statements:
        connection.execute("; ".join(statements))


def verify(file: Path, expected: Mapping[str, Fingerprint]) -> None:
    """Read a written release from disk and compare it with what was judged.

    Raises ReleaseError where a table is missing, too many, or not of the expected content.
    """
    with in_memory() as connection:
        attach(connection, file, "written")
        found = [table for table in tables_in(connection, "written", DOMAINS) if table not in COLUMNS]
        problem = difference(expected, fingerprints(connection, "written", found))
    if problem:
        raise ReleaseError(f"the written release is not what was judged ({problem}): nothing was published; run again")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
