"""What the loader costs against DuckDB's own reader, both in this process, in turns.

Prints, never asserts: a machine's mood is no test. The reference is what one would write by hand, and checks less: it
fails on the first bad line, drops unknown columns, keeps duplicates and has no ledger.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.load import load

EVENTS = """
    select 'e' || i as event_id,
        strftime(timestamp '2024-03-01' + to_milliseconds((i * 43) % 86400000), '%Y-%m-%dT%H:%M:%S.%gZ') as event_at,
        'u' || (i % 50000) as user_id, null as anonymous_id, 's' || (i % 200000) as session_id,
        'page_view' as event_name, 'feature' || (i % 10) as feature, '/p/' || (i % 40) as page, 'web' as platform,
        '1.2.3' as app_version, 'DE' as country, false as is_bot, {'a': i % 7, 'b': 'x'} as properties
    from range(?, ?) as numbers(i)
"""


def bench_large_file(folder: Path, lines: int, rounds: int) -> None:
    """Print how the loader compares on one file of `lines` event lines, the medians of `rounds` rounds."""
    home = Settings(folder / "large")
    day = home.landing / "events" / "dt=2024-03-01"
    day.mkdir(parents=True)
    _write_events(day / "events.ndjson", 0, lines)
    ours, reference = [], []
    load(Settings(folder / "warm-up"), report=_silent)
    for _ in range(rounds):
        shutil.rmtree(home.work, ignore_errors=True)
        ours.append(_seconds(lambda: load(home, report=_silent)))
        reference.append(_seconds(lambda: _read_json([day / "events.ndjson"], folder / "reference.duckdb")))
    _print(f"{lines:,} lines in one file", statistics.median(ours), statistics.median(reference), "read_json, strict")


def bench_small_files(folder: Path, files: int) -> None:
    """Print how the loader compares on `files` files of ten event lines."""
    home = Settings(folder / "small")
    day = home.landing / "events" / "dt=2024-03-01"
    day.mkdir(parents=True)
    _write_events(day / "0.ndjson", 0, 10)
    template = (day / "0.ndjson").read_text(encoding="utf-8")
    for index in range(files):
        (day / f"{index}.ndjson").write_text(
            template.replace('"event_id":"e', f'"event_id":"f{index}-'), encoding="utf-8"
        )
    paths = sorted(day.iterdir())[:1000]
    ours = _seconds(lambda: load(home, report=_silent))
    reference = _seconds(lambda: _read_json(paths, folder / "reference.duckdb")) * files / len(paths)
    _print(f"{files:,} files of 10 lines", ours, reference, f"one statement each (of {len(paths):,}, scaled)")


def _write_events(path: Path, first: int, last: int) -> None:
    with duckdb.connect() as connection:
        rows = EVENTS.replace("?, ?", f"{first}, {last}")
        connection.execute(f"copy ({rows}) to '{path}' (format json)")


def _read_json(paths: list[Path], database: Path) -> None:
    """The reference: DuckDB's strict reader with fixed columns into the same table, one statement a file."""
    database.unlink(missing_ok=True)
    feed: Feed = read_contracts()["events"]
    columns = {column.name: column.data_type for column in feed.columns}
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table events ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        for path in paths:
            connection.execute(f"""
                insert into events
                select * from read_json(
                    '{path}', format = 'newline_delimited', hive_partitioning = false, columns = {columns}
                )
            """)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _print(what: str, ours: float, reference: float, reference_name: str) -> None:
    print(f"{what}: loader {ours:.2f} s, {reference_name} {reference:.2f} s, ratio {ours / reference:.2f}", flush=True)


def _silent(line: str) -> None:
    pass
