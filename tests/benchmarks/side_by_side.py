"""The whole job beside the floor and beside what a user would pick instead, all on the same landed files.

Each is a process of its own, compared by CPU seconds. The table says how many rows each has otherwise than the release:
a rival that is fast because it misses what came late shows here. `python -m tests.benchmarks.side_by_side`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.simulator import simulate
from tests.benchmarks.cost import Cost, cost_of_command, cost_of_night, median
from tests.benchmarks.floor.compare import differences
from tests.benchmarks.rivals import naive_dbt, sqlmesh_project

START, SEED = date(2024, 1, 1), 5
# What pandas and SQLMesh compute; they are compared with a floor of these tables only.
HANDFUL = (
    "product.active_users_daily",
    "finance.payments_daily",
    "finance.mrr_monthly",
    "platform.api_performance_hourly",
)


@dataclass(frozen=True)
class Row:
    """What something took, and the floor for the same tables; `different` rows of the release it has otherwise."""

    stage: str
    what: str
    cost: Cost
    floor: Cost
    tables: int
    different: int

    @property
    def ratio(self) -> float:
        """CPU seconds over those of the floor."""
        return self.cost.cpu / self.floor.cpu

    def __str__(self) -> str:
        figures = (
            f"{self.cost.seconds:8.1f} s {self.cost.cpu:8.1f} s of CPU {self.cost.peak_mb:7.0f} MB {self.ratio:7.2f}"
        )
        return f"{self.stage:16} {self.what:22} {self.tables:3} tables {figures} {self.different:5} rows otherwise"


@dataclass(frozen=True)
class Bench:
    """A home, and a folder for what is computed beside it."""

    home: Settings
    folder: Path
    sqlmesh: Path | None
    rounds: int

    def rows(self, stage: str, as_of: date, is_first: bool) -> Iterator[Row]:
        """Everybody's turn on what has landed by the as-of day."""
        night = cost_of_night(self.home)
        floor, handful = self._floor(as_of), self._floor(as_of, *HANDFUL)
        whole_database, handful_database = self.folder / "floor.duckdb", self.folder / "handful.duckdb"
        yield self._row(stage, "hand-written SQL", floor, floor, whole_database)
        yield self._row(stage, "warehouse nightly", night, floor, whole_database)
        project = self.folder / "dbt"
        if is_first:
            naive_dbt.write_project(project, self.home)
        cost = naive_dbt.run(project, as_of)
        yield self._row(stage, "dbt, full refresh", cost, floor, project / naive_dbt.DATABASE)
        yield self._row(stage, "hand-written SQL", handful, handful, handful_database)
        database = self.folder / "pandas.duckdb"
        yield self._row(stage, "pandas", self._run("rivals.pandas_script", database, as_of), handful, database)
        if self.sqlmesh:
            project = self.folder / "sqlmesh"
            step = sqlmesh_project.backfill if is_first else sqlmesh_project.run
            cost = step(self.sqlmesh, project, as_of)
            yield self._row(stage, "SQLMesh, incremental", cost, handful, project / sqlmesh_project.DATABASE)

    def _floor(self, as_of: date, *tables: str) -> Cost:
        database = self.folder / ("handful.duckdb" if tables else "floor.duckdb")
        return median([self._run("floor.floor", database, as_of, *tables) for _ in range(self.rounds)])

    def _run(self, module: str, database: Path, as_of: date, *tables: str) -> Cost:
        command = [sys.executable, "-m", f"tests.benchmarks.{module}"]
        return cost_of_command([*command, str(self.home.home), str(database), str(as_of), *tables])

    def _row(self, stage: str, what: str, cost: Cost, floor: Cost, database: Path) -> Row:
        found = differences(database, self.home.current_release)
        return Row(stage, what, cost, floor, len(found), sum(found.values()))


def bench_side_by_side(folder: Path, users: int, history: int, rounds: int) -> Iterator[Row]:
    """Rows for everything from scratch after `history` days, then for one more day; `rounds` of the floor."""
    home = Settings(folder / "home")
    simulate(home.landing, users, history + 1, SEED, START, report=_silent)
    as_of = START + timedelta(days=history - 1)
    aside = _set_aside(home.landing, as_of + timedelta(days=1), folder / "aside")
    try:
        sqlmesh = sqlmesh_project.install(folder / "environment")
        sqlmesh_project.write_project(folder / "sqlmesh", home, START)
    except sqlmesh_project.NotInstalled as reason:
        print(f"SQLMesh is left out, it can't be installed: {reason}", file=sys.stderr)
        sqlmesh = None
    bench = Bench(home, folder, sqlmesh, rounds)
    yield from bench.rows("from scratch", as_of, is_first=True)
    shutil.copytree(aside, home.landing, dirs_exist_ok=True)
    yield from bench.rows("one new day", as_of + timedelta(days=1), is_first=False)


def _set_aside(landing: Path, day: date, aside: Path) -> Path:
    for delivered in list(landing.glob(f"*/dt={day}")):
        target = aside / delivered.relative_to(landing)
        target.parent.mkdir(parents=True)
        delivered.rename(target)
    return aside


def _silent(line: str) -> None:
    pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=1_000, help="people of the simulated system")
    parser.add_argument("--days", type=int, default=100, help="days of history before the new one")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the floor; the medians are compared")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warehouse-bench-") as name:
        for row in bench_side_by_side(Path(name), given.users, given.days, given.rounds):
            print(row, flush=True)
