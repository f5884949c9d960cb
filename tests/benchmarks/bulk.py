"""Many rows at once: a first night over millions of them, then more of them, beside the hand-written script of all.

The script computes everything anew from the files each time and checks nothing. The last night is also beside what a
user would pick instead: plain dbt that refreshes the same tables in full, and SQLMesh, which keeps four of them up to
date. CPU seconds; the notes have the rows, what the night takes for a million new ones, memory, and how large the
candidate is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.simulator import simulate
from dagster_project.warehouse.release.releases import open_release
from tests.benchmarks.cost import cost_of_command, cost_of_night
from tests.benchmarks.history import SEED, START, hand_over
from tests.benchmarks.report import Report
from tests.benchmarks.rivals import naive_dbt, sqlmesh_project
from tests.benchmarks.side_by_side import beside

AIM, AIM_BESIDE_DBT, AIM_BESIDE_SQLMESH = 1.5, 1 / 10, 1 / 3


def bench_bulk(folder: Path, users: int, days: Sequence[int], report: Report) -> None:
    """Nights of `users` people, one for each number of `days` that come at once."""
    everything, home = Settings(folder / "everything"), Settings(folder / "home")
    simulate(everything.landing, users, sum(days), SEED, START, report=lambda line: None)
    known = 0
    for last, come in zip(accumulate(days), days, strict=True):
        as_of = START + timedelta(days=last - 1)
        is_last = last == sum(days)
        sqlmesh = _begun_sqlmesh(folder, home, as_of - timedelta(days=come)) if is_last else None
        hand_over(everything, home, range(last - come, last))
        night = cost_of_night(home)
        with open_release(home) as release:
            rows = release.execute("select sum(lines)::bigint from ops.feed_deliveries").fetchall()[0][0]
        new, known = rows - known, rows
        size = home.candidate.stat().st_size / rows
        ours = (
            f"a night of {new:,} new rows, {rows:,} in all ({night.cpu / new * 1e6:,.1f} s a million, "
            f"{night.seconds:,.0f} s by the clock, {night.peak_mb:,.0f} MB; candidate {size:.0f} bytes a row)"
        )
        floor, dbt = folder / "floor.duckdb", folder / "dbt"
        script = [sys.executable, "-m", "tests.benchmarks.floor.floor", str(home.home), str(floor), str(as_of)]
        cost = cost_of_command(script)
        report.add(beside("bulk", ours, home, night, "hand-written SQL of all", floor, cost, AIM))
        if is_last:
            naive_dbt.write_project(dbt, home)
            cost = naive_dbt.run(dbt, as_of)
            database = dbt / naive_dbt.DATABASE
            report.add(beside("bulk", ours, home, night, "dbt, full refresh", database, cost, AIM_BESIDE_DBT))
        if sqlmesh:
            cost = sqlmesh_project.run(sqlmesh, folder / "sqlmesh", as_of)
            database = folder / "sqlmesh" / sqlmesh_project.DATABASE
            report.add(beside("bulk", ours, home, night, "SQLMesh, incremental", database, cost, AIM_BESIDE_SQLMESH))


def _begun_sqlmesh(folder: Path, home: Settings, as_of: date) -> Path | None:
    """The Python of SQLMesh, whose tables are those of what has landed by now; None where it can't be installed."""
    python = sqlmesh_project.install(folder / "environment")
    if python:
        sqlmesh_project.write_project(folder / "sqlmesh", home, START)
        sqlmesh_project.backfill(python, folder / "sqlmesh", as_of)
    return python
