"""Deleting what retention.py finds, where the setting `apply_retention` is on.

A night does it at two moments. Before its models are built, published figures of metrics leave the candidate, so that
what is made of them, and the release, has what is kept. After its release is published, rows, raw texts in quarantine
and files of the landing zone go. Each feed or table is one transaction together with its evidence
(`load.retention_runs`, published as ops.retention_runs); a run that was killed is completed by the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from dagster_project.privacy.retention import (
    Expired,
    Past,
    find_expired,
    first_kept,
    first_open,
    held_domains,
    limited_feeds,
    past_figures,
    past_files,
    past_rows,
    waiting,
)
from dagster_project.privacy.tables import replace_by_copy, sweep_copies
from dagster_project.settings import Settings
from dagster_project.warehouse.build.kept import kept_tables
from dagster_project.warehouse.contract import ContractError, Feed, read_contracts
from dagster_project.warehouse.database import only_row, open_database, writer_lock
from dagster_project.warehouse.load.closed_days import keep_from
from dagster_project.warehouse.load.landing import Delivery
from dagster_project.warehouse.load.raw_tables import create_tables
from dagster_project.warehouse.release.files import current_id
from dagster_project.warehouse.release.releases import open_release

Report = Callable[[str], None]
# The ledger's word for a file that was deleted from the landing zone, or is about to be.
EXPIRED = "expired"
EVIDENCE = "ops.retention_runs"
# DuckDB writes into blocks that deleted rows have left; where these are more than one in so many, they go.
FREE_SHARE = 3


def expire(settings: Settings, as_of: date, manifest: Mapping[str, Any], report: Report) -> bool:
    """What a night does after its release is published: nothing unless retention is on.

    Returns whether nothing is left to be done as of this day; figures that were published just now go next time.
    """
    if not settings.reporting.apply_retention:
        return True
    expire_rows(settings, as_of, manifest, report)
    return not any(gone.place == "figures" for gone in find_expired(settings, as_of, manifest))


def require_what_is_kept(settings: Settings) -> None:
    """Raises ContractError where the candidate is gone, and with it figures of days whose rows were deleted."""
    if settings.candidate.exists() or current_id(settings) is None:
        return
    with open_release(settings) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        ran = (EVIDENCE,) in tables and only_row(connection, f"select count(*) > 0 from {EVIDENCE}")[0]
    if ran:
        raise ContractError(
            f"{settings.candidate} is gone, and what was delivered of closed days was deleted by age, so that their "
            f"figures can't be made again: put back a copy of the file, or move {settings.published} away to go on "
            "without these figures"
        )


def expire_figures(settings: Settings, as_of: date, manifest: Mapping[str, Any], report: Report) -> None:
    """Take published figures that are past their limit out of the candidate, whose models are built next.

    Those of a domain that is held back, or was never published, stay.
    """
    run_at, held = _utc_now(), held_domains(settings)
    zone = settings.reporting.reporting_timezone
    with open_database(settings.candidate) as connection:
        for past in past_figures(connection, settings.reporting, as_of, manifest):
            if past.table.split(".")[0] not in held:
                connection.execute("begin")
                keep_from(connection, past.table, past.first_kept, zone)
                _delete(connection, past, run_at, as_of)
                connection.execute("commit")
        _tell(_removed(connection, run_at), report)


def expire_rows(settings: Settings, as_of: date, manifest: Mapping[str, Any], report: Report) -> list[Expired]:
    """Close days, delete what was delivered and is past its limit, and return what went.

    Raises KeptModelError, before anything is changed, where a full build would lose what is made of it.
    """
    feeds, run_at = limited_feeds(), _utc_now()
    kept_tables(manifest, feeds)
    with writer_lock(settings, report):
        sweep_copies(settings.candidate)
        waits = waiting(settings, manifest)
        for reason in sorted(set(waits.values())):
            names = ", ".join(name for name, why in waits.items() if why == reason)
            report(f"retention: {names} stay as they are: {reason}")
        with open_database(settings.candidate) as connection:
            create_tables(connection, read_contracts().values())
            for name in feeds.keys() - waits.keys():
                connection.execute("begin")
                files = _expire_feed(settings, connection, feeds[name], run_at, as_of, manifest)
                connection.execute("commit")
                _unlink(files)
            removed = _removed(connection, run_at)
        _tell(removed, report)
        if removed:
            _give_back(settings, removed)
        return removed


def _expire_feed(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    run_at: datetime,
    as_of: date,
    manifest: Mapping[str, Any],
) -> Collection[Delivery]:
    """All but the files, which are entered into the ledger as gone and returned: what is rolled back must not be."""
    reporting = settings.reporting
    keep_from(connection, feed.name, first_open(reporting, feed.retention, as_of), reporting.reporting_timezone)
    for past in past_rows(connection, reporting, feed, as_of, manifest):
        _delete(connection, past, run_at, as_of)
    started, files = time.monotonic(), past_files(settings, connection, feed, as_of)
    counted = only_row(
        connection,
        f"update load.deliveries set status = '{EXPIRED}' where status <> '{EXPIRED}' and list_contains(?, _file_id)",
        [list(files)],
    )[0]
    oldest = first_kept(reporting, feed.retention, as_of)
    gone = Expired("landing", feed.name, feed.retention, oldest, counted)
    _note(connection, gone, run_at, as_of, time.monotonic() - started)
    return files.values()


def _delete(connection: duckdb.DuckDBPyConnection, past: Past, run_at: datetime, as_of: date) -> None:
    """Delete rows with their evidence; of a line in quarantine the text goes, and that there was one stays."""
    started = time.monotonic()
    is_text = past.place == "quarantine"
    statement = "update load.quarantine set raw_text = null" if is_text else f"delete from {past.table}"
    count = only_row(connection, f"{statement} where {past.condition}")[0]
    gone = Expired(past.place, past.what, past.retention, past.first_kept, count)
    _note(connection, gone, run_at, as_of, time.monotonic() - started)


def _note(connection: duckdb.DuckDBPyConnection, gone: Expired, run_at: datetime, as_of: date, seconds: float) -> None:
    if gone.count:
        connection.execute(
            "insert into load.retention_runs values (?, ?, ?, ?, ?, ?, ?, ?)",
            [run_at, as_of, gone.place, gone.what, gone.retention, gone.first_kept, gone.count, round(seconds, 3)],
        )


def _removed(connection: duckdb.DuckDBPyConnection, run_at: datetime) -> list[Expired]:
    rows = connection.execute(
        "select place, name, retention, kept_from, removed from load.retention_runs where run_at = ? order by all",
        [run_at],
    ).fetchall()
    return [Expired(*row) for row in rows]


def _unlink(files: Collection[Delivery]) -> None:
    for delivery in files:
        delivery.path.unlink(missing_ok=True)
        with suppress(OSError):  # the day has other files
            delivery.path.parent.rmdir()


def _give_back(settings: Settings, removed: Collection[Expired]) -> None:
    """Rewrite the candidate where much of it is room that deleted rows have left; of one night that is little.

    Blocks are free once all rows in them are gone; next to rows that stay, deleted ones stay in the file as well.
    """
    gone = sum(one.count for one in removed if one.place == "rows")
    with open_database(settings.candidate) as connection:
        connection.execute("checkpoint")
        total, free = only_row(connection, "select total_blocks, free_blocks from pragma_database_size()")
        left = sum(only_row(connection, f"select count(*) from raw.{feed}")[0] for feed in limited_feeds())
    if free * FREE_SHARE > total or gone > left:
        replace_by_copy(settings.candidate)


def _tell(removed: Collection[Expired], report: Report) -> None:
    for gone in removed:
        report(f"retention: {gone.place} of {gone.what}: {gone.count:,} from before {gone.first_kept} deleted")


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
