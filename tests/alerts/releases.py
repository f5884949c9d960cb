"""Release files with hardly a row in them, for rules to be tried on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.alerts.find import find_alerts
from dagster_project.alerts.rules import Rule
from dagster_project.settings import DBT_PROJECT
from dagster_project.warehouse.release.history import attach
from tests.dashboards.toy_release import write_toy_release

AS_OF = date(2026, 10, 18)
MARTS = DBT_PROJECT / "models" / "marts"
RULES = """
create table security.rules as
select * from (values
    ('success_after_failures', 'P0', 'broken in'), ('brute_force_source', 'P1', 'guessing'),
    ('export_without_purpose', 'P1', 'no purpose'), ('policy_violation', 'P2', 'policy'),
    ('unfamiliar_access', 'P3', 'first access')
) as rules (rule, severity, description)
"""


def write_empty_release(path: Path) -> Path:
    """All published tables that rules read, without rows; every domain as of AS_OF, none held back."""
    write_toy_release(path)
    with duckdb.connect(str(path)) as connection:
        for (table,) in connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall():
            connection.execute(f"delete from {table}" if table != "ops.domain_freshness" else "select 1")
        connection.execute("update ops.domain_freshness set is_held_back = false, reason = null, as_of = ?", [AS_OF])
        connection.execute(RULES)
        for table in ("feed_health", "anomalies", "forecasts"):
            shape = (MARTS / "ops" / f"{table}.sql").read_text(encoding="utf-8")
            connection.execute(f"create table if not exists ops.{table} as {shape}")
    return path


@contextmanager
def opened(release: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that has a copy of the release attached as `release`, to be written into."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        attach(connection, Path(shutil.copy(release, folder)), "release", options="")
        yield connection


def found(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[Rule],
    columns: str,
    zone: str = "UTC",
    said: list | None = None,
) -> list[tuple]:
    """Some columns of the alerts that rules find in the attached release, in order of subject and time."""
    find_alerts(connection, "release", rules, zone, (said if said is not None else []).append)
    return connection.execute(f"select {columns} from found_alerts order by subject, began_at").fetchall()
