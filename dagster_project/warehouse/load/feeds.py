"""Landing files into raw tables, quarantine and the ledger, feed by feed.

Each feed in two transactions: all its rows come in, then one is left standing for each key. A load that was killed
between them is completed by the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.privacy.expire import require_what_is_kept
from dagster_project.privacy.keep_out import keep_out
from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.database import only_row, open_database, writer_lock
from dagster_project.warehouse.load import ledger, standing
from dagster_project.warehouse.load.closed_days import Closed, read_closed
from dagster_project.warehouse.load.forms import Shapes, json_shapes
from dagster_project.warehouse.load.landing import Delivery, Problem, scan
from dagster_project.warehouse.load.ledger import LedgerError
from dagster_project.warehouse.load.personal_data import (
    personal_data_key,
    remember_key,
    require_same_key,
    use_key,
)
from dagster_project.warehouse.load.raw_tables import (
    contract_columns,
    create_tables,
    key_hash,
    own_columns,
    unknown_columns,
)
from dagster_project.warehouse.load.records import Batch, read_batches
from dagster_project.warehouse.load.source import Columns, Source, content_hash
from dagster_project.warehouse.load.validation import judge


@dataclass(frozen=True)
class FeedLoad:
    """What one run loaded of one feed, in files and records, and some columns that its contract does not know."""

    feed: str
    files: int = 0
    lines: int = 0
    loaded: int = 0
    duplicates: int = 0
    quarantined: int = 0
    unknown_columns: list[str] = field(default_factory=list, kw_only=True)


@dataclass
class LoadSummary:
    """What one run loaded, and what it found in the landing zone that is no delivery."""

    feeds: list[FeedLoad] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def touched_feeds(self) -> list[str]:
        return [feed.feed for feed in self.feeds]

    def total(self, measure: str) -> int:
        """The sum of one measure (`files`, `lines`, `loaded`, `duplicates`, `quarantined`) over all feeds."""
        return sum(getattr(feed, measure) for feed in self.feeds)


def load(settings: Settings, report: Callable[[str], None] = print) -> LoadSummary:
    """Load every delivered file that is new or has new content; loading twice changes nothing.

    Bad input ends in quarantine or among the problems and stops nothing else.
    Raises ContractError for a contract that can't be used or where figures would be lost, LedgerError for a fault of
    the loader's own.
    """
    feeds = read_contracts()
    settings.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_what_is_kept(settings)
    with writer_lock(settings, report), open_database(settings.candidate) as connection:
        connection.execute("set preserve_insertion_order = false")
        # lets `_load_batch` do without a registered view
        connection.execute("set python_scan_all_frames = true")
        create_tables(connection, feeds.values())
        require_same_key(connection, settings)
        key = personal_data_key(settings)
        use_key(connection, key)
        remember_key(connection, key)
        _settle_what_was_left(connection, feeds)
        landing = scan(settings.landing, feeds)
        closed = read_closed(connection, feeds, settings.reporting)
        summary = LoadSummary(problems=landing.problems)
        for name, feed in feeds.items():
            deliveries = [d for d in landing.deliveries if d.feed == name]
            waiting, known_hashes = ledger.pending(connection, deliveries) if deliveries else ([], {})
            waiting = keep_out(settings, connection, feed, waiting, summary.problems, report)
            loaded = _load_feed(connection, feed, waiting, known_hashes, closed.get(name), summary.problems)
            if loaded:
                summary.feeds.append(loaded)
                report(_progress(loaded))
        ledger.write_problems(connection, summary.problems)
    return summary


def _progress(loaded: FeedLoad) -> str:
    parts = [f"{loaded.feed}: {loaded.loaded:,} rows from {loaded.files:,} files"]
    parts += [f"{loaded.duplicates:,} duplicates"] if loaded.duplicates else []
    parts += [f"{loaded.quarantined:,} quarantined"] if loaded.quarantined else []
    return ", ".join(parts) + _not_in_contract(loaded.unknown_columns)


def _not_in_contract(columns: list[str]) -> str:
    """A renamed column would else go unnoticed: nothing of it enters a figure."""
    return f"; columns that its contract does not know: {', '.join(columns)}" if columns else ""


def _load_feed(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    waiting: list[Delivery],
    known_hashes: dict[str, str],
    closed: Closed | None,
    problems: list[Problem],
) -> FeedLoad | None:
    if not waiting:
        return None
    with _transaction(connection):
        changed = _changed(connection, waiting, known_hashes, problems)
        first = _load_files(connection, feed, changed, closed, problems) if changed else None
    if first is None:
        return None
    _settle(connection, feed, first)
    counts, unknown = ledger.counts_since(connection, feed, first), unknown_columns(connection, feed, first)
    return FeedLoad(feed.name, *counts, unknown_columns=unknown)


def _settle(connection: duckdb.DuckDBPyConnection, feed: Feed, first_file_id: int) -> None:
    """In a transaction of its own: where one deletes rows that it inserted, DuckDB holds all of these in memory."""
    with _transaction(connection):
        standing.settle(connection, feed, first_file_id)
        ledger.mark_settled(connection, feed)


def _settle_what_was_left(connection: duckdb.DuckDBPyConnection, feeds: dict[str, Feed]) -> None:
    """Complete a load that was killed after its files had come in and before their rows were settled."""
    for name, first_file_id in ledger.unsettled(connection).items():
        standing.question_all(connection, feeds[name])
        _settle(connection, feeds[name], first_file_id)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _changed(
    connection: duckdb.DuckDBPyConnection,
    waiting: list[Delivery],
    known_hashes: dict[str, str],
    problems: list[Problem],
) -> list[Delivery]:
    """The deliveries with content that was not loaded from their path before."""
    changed: list[Delivery] = []
    same: list[Delivery] = []
    for delivery in waiting:
        known = known_hashes.get(delivery.path.as_posix())
        try:
            (same if known is not None and content_hash(delivery) == known else changed).append(delivery)
        except OSError as error:
            problems.append(Problem(str(delivery.path), f"could not be read: {error.strerror}"))
    ledger.touch(connection, same)
    return changed


def _load_files(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    deliveries: list[Delivery],
    closed: Closed | None,
    problems: list[Problem],
) -> int:
    """Load the files, whose rows are to be settled then; returns the id of the first."""
    first = ledger.next_file_id(connection)
    sources = [Source(first + index, delivery) for index, delivery in enumerate(deliveries)]
    connection.execute("create or replace temp table blank_lines (_file_id bigint, lines bigint)")
    for records in read_batches(sources, Columns.of(feed)):
        _load_batch(connection, feed, records, closed, records.table)
    problems += [Problem(str(s.delivery.path), s.broken or "") for s in sources if s.vanished]
    ledger.take_back_broken(connection, feed, [source for source in sources if source.broken])
    there = [source for source in sources if not source.vanished]
    # only now: what an unreadable file had loaded before stays until there is something in its place
    standing.withdraw(connection, feed, ledger.file_ids(connection, feed, [source.delivery for source in there]))
    ledger.record(connection, feed, there)
    return first


def _load_batch(
    connection: duckdb.DuckDBPyConnection, feed: Feed, records: Batch, closed: Closed | None, batch: pa.Table
) -> None:
    """Rows that keep their contract into raw, the others into quarantine; blank lines are counted, but no records.

    The SQL finds the table `batch` by the name of the argument. A view of it, registered and unregistered, would keep
    the records in memory until the transaction ends: 12 GB of 28 million requests.
    """
    shapes = Shapes(*only_row(connection, json_shapes(feed))) if records.form == "json" else Shapes()
    judgement = judge(feed, records, shapes, closed)
    rows = f"select *, {key_hash(feed)} as _key_hash from ({judgement.rows}) where {judgement.is_sound}"
    columns = f"{contract_columns(feed)}, {own_columns()}"
    insert = f"insert into raw.{feed.name} ({columns}) select {columns} from ({rows})"
    kept = only_row(connection, insert)[0]
    if kept < batch.num_rows:
        # what is left is opened once more, not the whole batch
        files, lines = pc.min_max(batch["_file_id"]), pc.min_max(batch["_line"])
        is_near = f"_file_id between {files['min']} and {files['max']}"
        if files["min"] == files["max"]:
            is_near += f" and _line between {lines['min']} and {lines['max']}"
        inserted = f"select _file_id, _line from raw.{feed.name} where {is_near}"
        left = f"batch anti join ({inserted}) using (_file_id, _line)"
        kept += ledger.quarantine(connection, feed, judge(feed, records, shapes, closed, left))
    if kept != batch.num_rows:
        raise LedgerError(f"{feed.name}: {batch.num_rows} records came in, {kept} were accounted for")
