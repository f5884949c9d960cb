"""A warehouse home with a tiny candidate and a verdict on it, for the tests of gate and releases."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.fingerprint import fingerprints, tables_in
from dagster_project.warehouse.gate.verdict import DOMAINS, Check, Rule, Verdict, write_verdict
from dagster_project.warehouse.release.releases import remember

CANDIDATE_TABLES = """
create or replace table finance.payments_daily as
    select date '2026-11-01' + cast(day as integer) as payment_date, 'bill' as kind, {version}::bigint as attempts
    from range({days}) as days (day);
create or replace table finance.refunds_daily as select {version}::bigint as refunds from range({days});
create or replace table product.registrations_daily as select {version}::bigint as registrations from range({days});
create or replace table ops.feed_deliveries as select 'payments' as feed, {version}::bigint as lines;
comment on table finance.payments_daily is 'One row per day; it''s the grain';
comment on column finance.payments_daily.attempts is 'Attempts by attempted_at';
comment on table ops.feed_deliveries is 'One row per file';
create or replace table ops.releases as from release_history.releases;
create or replace table ops.restatements as from release_history.restatements;
create or replace table ops.approvals as from release_history.approvals;
comment on table ops.releases is 'One row per release';
comment on column ops.releases.as_of is 'The as-of day';
"""

PASSED = Check("unique_payments", "finance", "dbt", "error", True, "0 rows", None)


def make_settings(home: Path, keep_releases: int = 30) -> Settings:
    """A home of its own."""
    return Settings(home, Reporting(keep_releases=keep_releases))


def write_candidate(settings: Settings, version: int, days: int = 3) -> None:
    """A candidate all of whose tables carry `version`, as a night would leave it."""
    settings.work.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.candidate)) as connection:
        for domain in DOMAINS:
            connection.execute(f"create schema if not exists {domain}")
        remember(settings, connection)
        connection.execute(CANDIDATE_TABLES.format(version=version, days=days))


def judge(
    settings: Settings,
    held_back: dict[str, str] | None = None,
    as_of: date = date(2026, 11, 23),
    checks: tuple[Check, ...] = (PASSED,),
    rules: dict[str, Rule] | None = None,
) -> None:
    """Write a verdict on the candidate as it is now, as the gate would."""
    with duckdb.connect(str(settings.candidate), read_only=True) as connection:
        present = tables_in(connection, "warehouse", DOMAINS)
        found = fingerprints(connection, "warehouse", present)
    tables = {domain: [table for table in present if table.startswith(f"{domain}.")] for domain in DOMAINS}
    write_verdict(settings, Verdict(as_of, tables, found, list(checks), held_back or {}, rules or {}))


def night(settings: Settings, version: int, held_back: dict[str, str] | None = None) -> None:
    """A candidate of this version, judged."""
    write_candidate(settings, version)
    judge(settings, held_back)


def read(path: Path, sql: str) -> list[tuple]:
    """The rows of a query on a DuckDB file that is opened for this query alone."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()
