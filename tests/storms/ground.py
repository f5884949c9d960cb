"""Ground for fault storms: a home after its first night, the deliveries of the second, and what that must come to.

Nights run in forked children of a process that has imported and parsed everything, so that a kill costs seconds. They
leave out the expectation suites, a process of their own; all else is the real thing.
"""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import Settings
from dagster_project.simulator import simulate
from dagster_project.warehouse.build.project import project_manifest
from dagster_project.warehouse.build.transform import build_models
from dagster_project.warehouse.fingerprint import Fingerprint, fingerprints, tables_in
from dagster_project.warehouse.gate import judge as gate
from dagster_project.warehouse.gate.verdict import DOMAINS
from dagster_project.warehouse.load.feeds import load
from dagster_project.warehouse.release.history import COLUMNS
from dagster_project.warehouse.release.releases import list_releases, publish

FEEDS = ("users", "payments", "refunds", "exchange_rates", "events", "subscriptions")
START, DAYS, CUT = date(2024, 2, 20), 30, "dt=2024-03-12"
AS_OF = date(2024, 3, 20)
# What differs from run to run by nature: when, under which number.
LEDGER = (
    "feed, dt, file, lines, loaded, duplicates, conflicts, quarantined, first_event_at, last_event_at, sha256, status"
)
QUARANTINE = "feed, dt, file, line, lines, reason, raw_text"
EXPECTED_IN_WORK = {"warehouse.duckdb", "writer.lock", "verdict.json", "build_results.json", "switches.jsonl", "dbt"}

# Columns that differ with the hour of loading.
TIMED = {"ops.feed_deliveries": "loaded_at", "ops.feed_health": "lateness_hours, detail"}

State = dict[str, Fingerprint | list[tuple]]


def silent(message: str) -> None:
    pass


def night(settings: Settings) -> None:
    """The steps of the nightly job."""
    load(settings, silent)
    results = build_models(settings, AS_OF, silent)
    gate.run_gate(settings, AS_OF, results, silent)
    publish(settings, silent)


def forked(action: Callable[[], object]) -> int:
    """Start `action` in a child process; returns its id. It ends with code 0, or 1 where the action raised."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        action()
        code = 0
    finally:
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a child: 0 ended well, 1 raised, negative killed by that signal."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_here(*_: object, **__: object) -> None:
    """End this process at once, as a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Ground:
    """Makes homes in the state before the second night.

    `first` and `second` are the contents of the releases of an undisturbed home, `books` what its loader wrote down,
    `seconds` the length of its second night.
    """

    def __init__(self, folder: Path, patched: pytest.MonkeyPatch) -> None:
        patched.setenv("WAREHOUSE_PII_KEY", "storm")
        patched.setattr(gate, "run_expectations", lambda *_: [])
        self.folder = folder
        self._prepare(Settings(folder / "sample"))
        base = Settings(folder / "base")
        project_manifest(base)  # from here on, children need not parse
        self._land(base, is_second=False)
        assert ended(forked(lambda: night(base))) == 0
        self.first = released(base)
        reference = self.home("reference")
        started = time.monotonic()
        assert ended(forked(lambda: night(reference))) == 0
        self.seconds = time.monotonic() - started
        self.second, self.books = released(reference), books(reference)
        assert self.first != self.second

    def home(self, name: str) -> Settings:
        """A new home after the first night, with the deliveries of the second waiting."""
        settings = Settings(self.folder / name)
        shutil.copytree(self.folder / "base", settings.home, symlinks=True)
        self._land(settings, is_second=True)
        return settings

    def land_second(self, settings: Settings) -> list[Path]:
        """Deliver (again) what the second night has to take in; returns the files."""
        return self._land(settings, is_second=True)

    def _prepare(self, sample: Settings) -> None:
        simulate(sample.landing, 25, DAYS, 5, START, report=silent)
        for feed in sample.landing.iterdir():
            if feed.name not in FEEDS:
                shutil.rmtree(feed)

    def _land(self, settings: Settings, is_second: bool) -> list[Path]:
        landed = []
        source = self.folder / "sample" / "landing"
        for file in sorted(source.glob("*/*/*")):
            day = file.parent.name
            corrected = is_second and file.name.endswith(".ndjson.gz") and day in ("dt=2024-03-05", "dt=2024-03-11")
            if (day >= CUT) == is_second or corrected:
                target = settings.landing / file.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                write(target, _without_first_line(file) if corrected else file.read_bytes())
                landed.append(target)
        return landed


def write(target: Path, content: bytes) -> None:
    """Deliver in one rename, as a good source does."""
    draft = target.with_name(f"_{target.name}")
    draft.write_bytes(content)
    os.replace(draft, target)


def _without_first_line(file: Path) -> bytes:
    return gzip.compress(gzip.decompress(file.read_bytes()).partition(b"\n")[2], mtime=0)


def released(settings: Settings, path: Path | None = None) -> State:
    """The content of a release (the current one), but for the tables that tell of releases and for times of loading."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path or settings.current_release}' as release (read_only)")
        tables = [table for table in tables_in(connection, "release", DOMAINS) if table not in COLUMNS]
        found: State = {**fingerprints(connection, "release", [table for table in tables if table not in TIMED])}
        for table, columns in TIMED.items():
            rows = f"select * exclude ({columns}) from release.{table} order by all"
            found[table] = connection.execute(rows).fetchall()
        return found


def books(settings: Settings) -> State:
    """Ledger, quarantine and all rows of the candidate that models read, whatever files' numbers are."""
    with duckdb.connect(str(settings.candidate), read_only=True) as connection:
        found: State = {
            "ledger": connection.execute(f"select {LEDGER} from load.deliveries order by all").fetchall(),
            "quarantine": connection.execute(f"select {QUARANTINE} from load.quarantine order by all").fetchall(),
            "progress": connection.execute("select as_of, is_complete from load.progress").fetchall(),
        }
        for feed in FEEDS:
            for schema in ("raw", "superseded"):
                rows = f"select * exclude (_file_id) from {schema}.{feed}"
                sql = f"select count(*), bit_xor(hash(rows)) from ({rows}) as rows"
                found[f"{schema}.{feed}"] = connection.execute(sql).fetchall()
    return found


def assert_whole(ground: Ground, settings: Settings) -> None:
    """Readers have a whole release, of before or after the second night; so is every retained one."""
    assert released(settings) in (ground.first, ground.second)
    for release in list_releases(settings):
        assert released(settings, release.path) in (ground.first, ground.second)


def assert_as_undisturbed(ground: Ground, settings: Settings) -> None:
    """Everything is as after an undisturbed second night, and nothing half-made is left."""
    found = released(settings)
    assert [table for table in {*found, *ground.second} if found.get(table) != ground.second.get(table)] == []
    assert books(settings) == ground.books
    assert {path.name for path in settings.work.iterdir()} <= EXPECTED_IN_WORK
    left = [p for p in settings.published.rglob("*") if p.name.startswith(".") or p.suffix not in (".duckdb", "")]
    assert left == []
