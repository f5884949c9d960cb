"""The tables of `ops` that a release writes about itself, and how their history is handed on.

`ops.releases`, `ops.quality_checks`, `ops.restatements` and `ops.approvals` accumulate: each release holds the rows of
all before it and its own.
`ops.domain_freshness` says where the tables of each domain come from, `ops.alerts` what rules find in its tables,
`ops.forecasts` what is expected of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.fingerprint import describe, qualified, quoted
from dagster_project.warehouse.gate.verdict import DOMAINS, Check
from dagster_project.warehouse.release import files as release_files

HISTORY = ("ops.releases", "ops.quality_checks", "ops.restatements", "ops.approvals")
FRESHNESS = "ops.domain_freshness"
PROVISIONAL = "ops.provisional_periods"
ALERTS = "ops.alerts"
FORECASTS = "ops.forecasts"

COLUMNS = {
    "ops.releases": {
        "release_id": "varchar",
        "published_at": "timestamp",
        "as_of": "date",
        "domains_published": "varchar",
        "domains_held_back": "varchar",
        "git_revision": "varchar",
    },
    "ops.quality_checks": {
        "release_id": "varchar",
        "check_name": "varchar",
        "domain": "varchar",
        "tool": "varchar",
        "severity": "varchar",
        "passed": "boolean",
        "observed": "varchar",
        "detail": "varchar",
    },
    "ops.restatements": {
        "release_id": "varchar",
        "table_name": "varchar",
        "period": "date",
        "key": "varchar",
        "column_name": "varchar",
        "old_value": "double",
        "new_value": "double",
        "moved_rows": "bigint",
        "cause": "varchar",
    },
    "ops.approvals": {
        "release_id": "varchar",
        "domain": "varchar",
        "approved_at": "timestamp",
        "approved_by": "varchar",
        "restatement": "varchar",
        "reason": "varchar",
    },
    FRESHNESS: {
        "domain": "varchar",
        "release_id": "varchar",
        "as_of": "date",
        "is_held_back": "boolean",
        "reason": "varchar",
    },
    PROVISIONAL: {
        "table_schema": "varchar",
        "table_name": "varchar",
        "from_date": "date",
        "to_date": "date",
        "feed": "varchar",
        "reason": "varchar",
    },
    ALERTS: {
        "rule": "varchar",
        "priority": "varchar",
        "response_time": "varchar",
        "title": "varchar",
        "subject": "varchar",
        "began_at": "timestamp",
        "ended_at": "timestamp",
        "is_ongoing": "boolean",
        "observations": "bigint",
        "detail": "varchar",
        "remedy": "varchar",
    },
    FORECASTS: {
        "figure": "varchar",
        "subject": "varchar",
        "grain": "varchar",
        "period": "date",
        "value": "double",
        "lowest": "double",
        "highest": "double",
        "method": "varchar",
        "error": "double",
        "naive_error": "double",
        "trained_until": "date",
        "inputs": "varchar",
    },
}


@dataclass(frozen=True)
class Freshness:
    """Where a domain's tables come from; release and as-of day are None for a domain that was never published."""

    domain: str
    release_id: str | None
    as_of: date | None
    is_held_back: bool
    reason: str | None


@dataclass(frozen=True)
class Approval:
    """Who let a domain be published though closed figures of it moved beyond their tolerance; `restatement` is a stamp
    of exactly what moved, `reason` what would have held the domain back."""

    domain: str
    approved_at: datetime
    approved_by: str
    restatement: str
    reason: str


@dataclass(frozen=True)
class ReleaseRow:
    """One row of ops.releases; the domain lists are separated by commas."""

    release_id: str
    published_at: datetime
    as_of: date
    domains_published: str
    domains_held_back: str
    git_revision: str | None


def remember(settings: Settings, connection: duckdb.DuckDBPyConnection) -> None:
    """Copy the history of the newest release file into `release_history.*` of the candidate, so that dbt may read it.

    The newest file, not the current one: after a rollback nothing of what happened is forgotten.
    Without any release the tables are made empty.
    """
    candidate = connection.execute("select current_database()").fetchall()[0][0]
    newest = release_files.retained_ids(settings)[-1:]
    with attached_releases(settings, connection, newest):
        for table in HISTORY:
            target = table.replace("ops.", "release_history.")
            create_table(connection, candidate, target, COLUMNS[table])
            for release_id in newest:
                copy_rows(connection, release_id, table, candidate, target)


@contextmanager
def attached_releases(
    settings: Settings, connection: duckdb.DuckDBPyConnection, release_ids: Iterable[str]
) -> Iterator[None]:
    """The given releases attached read-only, each as a database named like its id."""
    attached = []
    try:
        for release_id in release_ids:
            attach(connection, release_files.release_path(settings, release_id), release_id)
            attached.append(release_id)
        yield
    finally:
        for release_id in attached:
            connection.execute(f"detach {quoted(release_id)}")


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str, options: str = "(read_only)") -> None:
    """Attach a DuckDB file under a name; an identifier and a path can't be bound as parameters."""
    connection.execute("attach '" + str(path).replace("'", "''") + f"' as {quoted(name)} {options}")


def create_table(connection: duckdb.DuckDBPyConnection, database: str, table: str, columns: dict[str, str]) -> None:
    """An empty table of these columns, in place of one of the same name."""
    schema = quoted(table.split(".", 1)[0])
    listed = ", ".join(f"{name} {data_type}" for name, data_type in columns.items())
    connection.execute(f"create schema if not exists {quoted(database)}.{schema}")
    connection.execute(f"create or replace table {qualified(database, table)} ({listed})")


def copy_rows(connection: duckdb.DuckDBPyConnection, source: str, table: str, target: str, target_table: str) -> None:
    """Insert the history of a release by the columns that it has in common with today's; an older one may have none."""
    described = describe(connection, source)
    if table not in described:
        return
    known = described[table].columns
    both = ", ".join(name for name in COLUMNS[table] if name in known)
    connection.execute(
        f"insert into {qualified(target, target_table)} ({both}) select {both} from {qualified(source, table)}"
    )


def insert(
    connection: duckdb.DuckDBPyConnection, database: str, table: str, rows: Iterable[tuple[object, ...]]
) -> None:
    """Insert rows given in the order of the table's columns, in one statement: one for each takes a second for 800."""
    values = list(rows)
    if values:
        marks = ", ".join(f"({', '.join('?' for _ in row)})" for row in values)
        connection.execute(
            f"insert into {qualified(database, table)} values {marks}", [value for row in values for value in row]
        )


def write_history(
    connection: duckdb.DuckDBPyConnection,
    newest: str | None,
    target: str,
    row: ReleaseRow,
    checks: Iterable[Check],
    freshness: Iterable[Freshness],
    approvals: Iterable[Approval],
) -> None:
    """Make these tables in the release being built: the newest release's history and this one's rows.

    What was restated is too much for rows of Python: its table is made with the history alone.
    """
    own: dict[str, list[tuple[object, ...]]] = {
        "ops.releases": [astuple(row)],
        "ops.quality_checks": [(row.release_id, *astuple(check)) for check in checks],
        "ops.restatements": [],
        "ops.approvals": [(row.release_id, *astuple(approval)) for approval in approvals],
        FRESHNESS: [astuple(state) for state in freshness],
    }
    for table, rows in own.items():
        create_table(connection, target, table, COLUMNS[table])
        if newest and table in HISTORY:
            copy_rows(connection, newest, table, target, table)
        insert(connection, target, table, rows)


def write_provisional(
    connection: duckdb.DuckDBPyConnection, candidate: str, current: str | None, target: str, held_back: Iterable[str]
) -> None:
    """Say of each domain what is provisional in the tables that the release being built has of it.

    Tables of a domain that is held back are those of the current release, and as provisional as they were there.
    """
    create_table(connection, target, PROVISIONAL, COLUMNS[PROVISIONAL])
    kept = list(held_back)
    for database, condition in ((candidate, "not"), (current, "")):
        if database and PROVISIONAL in describe(connection, database):
            connection.execute(
                f"insert into {qualified(target, PROVISIONAL)} by name from {qualified(database, PROVISIONAL)} "
                f"where {condition} list_contains(?, table_schema)",
                [kept],
            )


def read_freshness(connection: duckdb.DuckDBPyConnection, database: str | None) -> dict[str, Freshness]:
    """ops.domain_freshness of a release by domain; every domain unpublished when there is no release."""
    states = {domain: Freshness(domain, None, None, False, None) for domain in DOMAINS}
    if database is not None:
        listed = ", ".join(COLUMNS[FRESHNESS])
        for row in connection.execute(f"select {listed} from {qualified(database, FRESHNESS)}").fetchall():
            states[row[0]] = Freshness(*row)
    return states


def read_checks(connection: duckdb.DuckDBPyConnection, database: str, release_id: str) -> set[tuple[object, ...]]:
    """What the checks of one release said, without what they observed."""
    return set(
        connection.execute(
            f"select check_name, domain, tool, severity, passed from {qualified(database, 'ops.quality_checks')} "
            "where release_id = ?",
            [release_id],
        ).fetchall()
    )


def read_as_of(connection: duckdb.DuckDBPyConnection) -> date:
    """The as-of day of the release that is the connection's default database."""
    ((as_of,),) = connection.execute("select as_of from ops.releases order by release_id desc limit 1").fetchall()
    return as_of


def read_releases(connection: duckdb.DuckDBPyConnection, database: str) -> list[ReleaseRow]:
    """ops.releases, oldest first."""
    listed = ", ".join(COLUMNS["ops.releases"])
    rows = connection.execute(
        f"select {listed} from {qualified(database, 'ops.releases')} order by release_id"
    ).fetchall()
    return [ReleaseRow(*row) for row in rows]
