"""Many rows at once: a first night over millions of them, then more of them, beside the hand-written script of all.

The script computes everything anew from the files each time and checks nothing. CPU seconds; the notes have the rows,
what the night takes for a million new ones, its memory, and how large the candidate is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.simulator import simulate
from dagster_project.warehouse.release.releases import open_release
from tests.benchmarks.cost import cost_of_command, cost_of_night
from tests.benchmarks.floor.compare import differences
from tests.benchmarks.history import SEED, START, hand_over
from tests.benchmarks.report import Line, Report

AIM = 1.5


def bench_bulk(folder: Path, users: int, days: Sequence[int], report: Report) -> None:
    """Nights of `users` people, one for each number of `days` that come at once."""
    everything, home, floor = Settings(folder / "everything"), Settings(folder / "home"), folder / "floor.duckdb"
    simulate(everything.landing, users, sum(days), SEED, START, report=lambda line: None)
    known = 0
    for last, come in zip(accumulate(days), days, strict=True):
        hand_over(everything, home, range(last - come, last))
        night = cost_of_night(home)
        as_of = START + timedelta(days=last - 1)
        script = [sys.executable, "-m", "tests.benchmarks.floor.floor", str(home.home), str(floor), str(as_of)]
        beside = cost_of_command(script)
        with open_release(home) as release:
            rows = release.execute("select sum(lines)::bigint from ops.feed_deliveries").fetchall()[0][0]
        found = differences(floor, home.current_release)
        new, known = rows - known, rows
        note = (
            f"{night.cpu / new * 1e6:,.1f} s a million, {night.seconds:,.0f} s by the clock, {night.peak_mb:,.0f} MB; "
            f"candidate {home.candidate.stat().st_size / rows:.0f} bytes a row; script {beside.peak_mb:,.0f} MB; "
            f"{len(found)} tables, {sum(found.values())} rows otherwise"
        )
        what = f"a night of {new:,} new rows, {rows:,} in all"
        report.add(Line("bulk", what, "s of CPU", night.cpu, "hand-written SQL of all", beside.cpu, AIM, note))
