"""What the loader costs against DuckDB's own reader of the same format, both in this process, in turns.

The reference is what one would write by hand, and checks less: it fails on the first bad line, drops unknown columns,
keeps duplicates and has no ledger.
"""

from __future__ import annotations

import resource
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.load.feeds import load
from tests.benchmarks.report import Line, Report

EVENTS = """
    select 'e' || i as event_id,
        strftime(timestamp '2024-03-01' + to_milliseconds((i * 43) % 86400000), '%Y-%m-%dT%H:%M:%S.%gZ') as event_at,
        'u' || (i % 50000) as user_id, null as anonymous_id, 's' || (i % 200000) as session_id,
        'page_view' as event_name, 'feature' || (i % 10) as feature, '/p/' || (i % 40) as page, 'web' as platform,
        '1.2.3' as app_version, 'DE' as country, false as is_bot, to_json({'a': i % 7, 'b': 'x'}) as properties
    from range(?, ?) as numbers(i)
"""
WRITTEN_AS = {
    "ndjson": "format json",
    "ndjson.gz": "format json, compression gzip",
    "ndjson.zst": "format json, compression zstd",
    "csv": "format csv, header",
    "csv.gz": "format csv, header, compression gzip",
    "parquet": "format parquet",
}
AIMS = {"ndjson": 1.3, "parquet": 1.2}


def bench_formats(folder: Path, lines: int, rounds: int, report: Report) -> None:
    """One file of `lines` event lines in each format; medians of `rounds` rounds, in CPU seconds."""
    load(Settings(folder / "warm-up"), report=_silent)
    for extension in WRITTEN_AS:
        home = Settings(folder / f"large-{extension}")
        file = _events_file(home, f"events.{extension}", lines)
        ours, reference = [], []
        for _ in range(rounds):
            shutil.rmtree(home.work, ignore_errors=True)
            ours.append(_cpu_seconds(lambda home=home: load(home, report=_silent)))
            reference.append(_cpu_seconds(lambda file=file: _read([file], folder / "reference.duckdb")))
        medians = statistics.median(ours), "DuckDB's reader", statistics.median(reference)
        what = f"{lines:,} lines of {extension}"
        report.add(Line("load", what, "s of CPU", *medians, AIMS.get(extension)))
        shutil.rmtree(home.home)


def bench_small_files(folder: Path, files: int, report: Report) -> None:
    """`files` files of ten event lines, against one statement each."""
    home = Settings(folder / "small")
    template = _events_file(home, "0.ndjson", 10)
    text = template.read_text(encoding="utf-8")
    for index in range(files):
        content = text.replace('"event_id":"e', f'"event_id":"f{index}-')
        (template.parent / f"{index}.ndjson").write_text(content, encoding="utf-8")
    paths = sorted(template.parent.iterdir())[:1000]
    ours = _cpu_seconds(lambda: load(home, report=_silent))
    reference = _cpu_seconds(lambda: _read(paths, folder / "reference.duckdb")) * files / len(paths)
    note = f"reference of {len(paths):,} files, scaled"
    report.add(Line("load", f"{files:,} files", "s of CPU", ours, "one statement each", reference, 1 / 20, note))


def _events_file(home: Settings, name: str, lines: int) -> Path:
    path = home.landing / "events" / "dt=2024-03-01" / name
    path.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        rows, extension = EVENTS.replace("?, ?", f"0, {lines}"), name.partition(".")[2]
        if extension == "parquet":
            rows = f"select * replace (event_at::timestamp as event_at) from ({rows})"
        connection.execute(f"copy ({rows}) to '{path}' ({WRITTEN_AS[extension]})")
    return path


def _read(paths: list[Path], database: Path) -> None:
    """The reference: DuckDB's strict reader with fixed columns into the same table, one statement a file."""
    database.unlink(missing_ok=True)
    feed: Feed = read_contracts()["events"]
    columns = {column.name: column.data_type for column in feed.columns}
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table events ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        for path in paths:
            connection.execute(f"insert into events select * from {_reader(path, columns)}")


def _reader(path: Path, columns: dict[str, str]) -> str:
    extension = path.name.partition(".")[2]
    if extension == "parquet":
        return f"read_parquet('{path}', hive_partitioning = false)"
    if extension.startswith("csv"):
        form = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', new_line = '\\n'"
        return f"read_csv('{path}', {form}, hive_partitioning = false, columns = {columns})"
    return f"read_json('{path}', format = 'newline_delimited', hive_partitioning = false, columns = {columns})"


def _cpu_seconds(run: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    run()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _silent(line: str) -> None:
    pass
