"""What a night did, in a dozen figures, read from the verdict and from the release that readers get."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from dagster_project.alerts.send import read_alerts
from dagster_project.settings import Settings
from dagster_project.warehouse.database import only_row, open_database
from dagster_project.warehouse.gate.verdict import Check, read_verdict
from dagster_project.warehouse.release.releases import Release, list_releases, open_release
from dagster_project.warehouse.watch.watched import Provisional, read_provisional


@dataclass(frozen=True)
class Kpi:
    """A headline figure of one month: `form` is money, share or count; `query` yields it for the month given as ?."""

    label: str
    table: str
    form: str
    query: str


@dataclass(frozen=True)
class Figure:
    """A headline figure of the last full month, or of the running one where that is the first with any.

    It is provisional where its table lacks a delivery of a day of the month.
    """

    kpi: Kpi
    month: date
    is_complete: bool
    is_provisional: bool
    value: object


@dataclass(frozen=True)
class Summary:
    """Records and files that came in this night, the checks, the release, the headline figures, what of the landing
    zone is no delivery, and how many alerts of each priority go on.
    """

    files: int
    rows_in: int
    quarantined: int
    checks_passed: int
    failed: list[Check]
    held_back: dict[str, str]
    release: Release
    is_new_release: bool
    figures: list[Figure]
    provisional: list[Provisional]
    problems: list[str]
    alerts: dict[str, int]


def _payments(expression: str) -> str:
    return f"select {expression} from finance.payments_daily where date_trunc('month', payment_date) = ?"


def _of_month(table: str, expression: str, rows: str = "true") -> str:
    return f"select {expression} from {table} where month = ? and {rows}"


KPIS = (
    Kpi(
        "monthly active users at its end",
        "product.active_users_daily",
        "count",
        "select max_by(mau, activity_date) from product.active_users_daily "
        "where platform = 'all' and date_trunc('month', activity_date) = ?",
    ),
    Kpi("monthly recurring revenue", "finance.mrr_monthly", "money", _of_month("finance.mrr_monthly", "closing_mrr")),
    Kpi("customers lost", "finance.churn_monthly", "share", _of_month("finance.churn_monthly", "logo_churn_rate")),
    Kpi(
        "cost of a new customer",
        "finance.acquisition_monthly",
        "money",
        _of_month("finance.acquisition_monthly", "cac", "channel = 'all'"),
    ),
    Kpi("payment volume", "finance.payments_daily", "money", _payments("sum(volume)")),
    Kpi("refunded", "finance.payments_daily", "money", _payments("sum(refunded)")),
    Kpi("fee revenue", "finance.payments_daily", "money", _payments("sum(fee_revenue)")),
    Kpi(
        "success rate of attempts",
        "finance.payments_daily",
        "share",
        _payments("sum(succeeded) / nullif(sum(succeeded) + sum(failed), 0)"),
    ),
    Kpi(
        "eventual success of payments",
        "finance.payment_recovery_monthly",
        "share",
        _of_month("finance.payment_recovery_monthly", "eventual_rate"),
    ),
    Kpi(
        "registrations",
        "product.registrations_daily",
        "count",
        "select sum(registrations) from product.registrations_daily where date_trunc('month', registration_date) = ?",
    ),
)


def summarise(settings: Settings, since: datetime) -> Summary:
    """The night that began at `since` (UTC), after its publish step; the caller holds the writer lock.

    What came in is counted from the release before on: a run that was killed may have loaded it already.
    """
    verdict = read_verdict(settings)
    if verdict is None:
        raise RuntimeError(f"{settings.work}: the night ended without a verdict")
    failed = [check for check in verdict.checks if not check.passed]
    release = next(release for release in list_releases(settings) if release.is_current)
    is_new = release.published_at >= since.replace(microsecond=0)
    with open_release(settings) as connection:
        if is_new:
            before = "select max(published_at) from ops.releases where release_id <> ?"
            since = only_row(connection, before, [release.release_id])[0] or datetime.min
        files, rows_in, quarantined = connection.execute(
            "select count(*), coalesce(sum(lines), 0), coalesce(sum(quarantined), 0) "
            "from ops.feed_deliveries where loaded_at >= ?",
            [since],
        ).fetchall()[0]
        held_back = connection.execute("select domain, reason from ops.domain_freshness where is_held_back").fetchall()
        provisional = read_provisional(connection)
        figures = _figures(connection, provisional)
        alerts = Counter(alert.priority.value for alert in read_alerts(connection) if alert.is_ongoing)
    with open_database(settings.candidate, read_only=True) as connection:
        problems = connection.execute("select path || ': ' || problem from load.problems order by path").fetchall()
    return Summary(
        files=int(files),
        rows_in=int(rows_in),
        quarantined=int(quarantined),
        checks_passed=len(verdict.checks) - len(failed),
        failed=failed,
        held_back=dict(held_back),
        release=release,
        is_new_release=is_new,
        figures=figures,
        provisional=provisional,
        problems=[problem for (problem,) in problems],
        alerts=dict(alerts),
    )


def last_full_month(as_of: date) -> date:
    """The first day of the newest month that is over at the end of the as-of day."""
    tomorrow = as_of + timedelta(days=1)
    return (tomorrow.replace(day=1) - timedelta(days=1)).replace(day=1)


def _figures(connection: duckdb.DuckDBPyConnection, provisional: list[Provisional]) -> list[Figure]:
    """Each figure as of the day that its domain's tables report up to; none of a table that is missing or empty."""
    as_of = dict(connection.execute("select domain, as_of from ops.domain_freshness").fetchall())
    tables = {
        table
        for (table,) in connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall()
    }
    return [
        figure
        for kpi in KPIS
        if kpi.table in tables
        for figure in [_figure(connection, kpi, as_of[kpi.table.split(".")[0]], provisional)]
        if figure
    ]


def _figure(
    connection: duckdb.DuckDBPyConnection, kpi: Kpi, as_of: date, provisional: list[Provisional]
) -> Figure | None:
    lacking = [table.from_date for table in provisional if table.table == kpi.table]
    full, running = last_full_month(as_of), as_of.replace(day=1)
    for month in (full, running):
        for (value,) in connection.execute(kpi.query, [month]).fetchall():
            if value is not None:
                end = (month + timedelta(days=31)).replace(day=1)
                return Figure(kpi, month, month == full, any(day < end for day in lacking), value)
    return None
