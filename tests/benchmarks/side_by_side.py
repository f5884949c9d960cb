"""The whole job beside the floor and beside what a user would pick instead, all on the same landed files.

Each is a process of its own, compared by CPU seconds. The report says how many rows each has otherwise than the
release: a rival that is fast because it misses what came late shows here. Pandas and SQLMesh compute a handful of
tables only, the others all that one statement can.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.simulator import simulate
from tests.benchmarks.cost import Cost, cost_of_command, cost_of_night, median
from tests.benchmarks.floor.compare import differences
from tests.benchmarks.report import Line, Report
from tests.benchmarks.rivals import naive_dbt, sqlmesh_project

START, SEED = date(2024, 1, 1), 5


@dataclass(frozen=True)
class Bench:
    """A home, and a folder for what is computed beside it."""

    home: Settings
    folder: Path
    sqlmesh: Path | None
    rounds: int

    def compare(self, stage: str, as_of: date, is_first: bool, report: Report) -> None:
        """Everybody's turn on what has landed by the as-of day."""
        night = cost_of_night(self.home)

        def add(what: str, cost: Cost, database: Path, aim: float | None = None) -> None:
            ours = f"nightly {stage} ({night.peak_mb:,.0f} MB)"
            report.add(beside("job", ours, self.home, night, what, database, cost, aim))

        add("hand-written SQL", self._floor(as_of), self.folder / "floor.duckdb", 1.5)
        project = self.folder / "dbt"
        if is_first:
            naive_dbt.write_project(project, self.home)
        add("dbt, full refresh", naive_dbt.run(project, as_of), project / naive_dbt.DATABASE, 0.1)
        database = self.folder / "pandas.duckdb"
        add("pandas", self._run("rivals.pandas_script", database, as_of), database)
        if self.sqlmesh:
            project = self.folder / "sqlmesh"
            step = sqlmesh_project.backfill if is_first else sqlmesh_project.run
            cost = step(self.sqlmesh, project, as_of)
            add("SQLMesh, incremental", cost, project / sqlmesh_project.DATABASE, 1 / 3)

    def _floor(self, as_of: date) -> Cost:
        return median([self._run("floor.floor", self.folder / "floor.duckdb", as_of) for _ in range(self.rounds)])

    def _run(self, module: str, database: Path, as_of: date) -> Cost:
        command = [sys.executable, "-m", f"tests.benchmarks.{module}"]
        return cost_of_command([*command, str(self.home.home), str(database), str(as_of)])


def beside(
    bench: str, ours: str, home: Settings, night: Cost, theirs: str, database: Path, cost: Cost, aim: float | None
) -> Line:
    """A night beside what made the tables in `database`; the note says how many of its rows are another than ours."""
    found = differences(database, home.current_release)
    note = f"{len(found)} tables, {sum(found.values())} rows otherwise; {cost.peak_mb:,.0f} MB"
    return Line(bench, ours, "s of CPU", night.cpu, theirs, cost.cpu, aim, note)


def bench_side_by_side(folder: Path, users: int, history: int, rounds: int, report: Report) -> None:
    """Everything from scratch after `history` days, then one more day; `rounds` of the hand-written SQL."""
    home = Settings(folder / "home")
    simulate(home.landing, users, history + 1, SEED, START, report=_silent)
    as_of = START + timedelta(days=history - 1)
    aside = _set_aside(home.landing, as_of + timedelta(days=1), folder / "aside")
    sqlmesh = sqlmesh_project.install(folder / "environment")
    sqlmesh_project.write_project(folder / "sqlmesh", home, START)
    bench = Bench(home, folder, sqlmesh, rounds)
    bench.compare(f"from scratch, {history} days", as_of, is_first=True, report=report)
    shutil.copytree(aside, home.landing, dirs_exist_ok=True)
    bench.compare(f"of one day after {history}", as_of + timedelta(days=1), is_first=False, report=report)


def _set_aside(landing: Path, day: date, aside: Path) -> Path:
    for delivered in list(landing.glob(f"*/dt={day}")):
        target = aside / delivered.relative_to(landing)
        target.parent.mkdir(parents=True)
        delivered.rename(target)
    return aside


def _silent(line: str) -> None:
    pass
