"""How long the pages of a release take, and how large they are."""

from __future__ import annotations

import time
from pathlib import Path

from dagster_project.dashboards.build import build_pages
from dagster_project.settings import Reporting
from tests.benchmarks.report import Line, Report
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release


def bench_dashboards(folder: Path, rounds: int, report: Report) -> None:
    """Build the pages of the toy release; the first round starts the script engine, which later ones have."""
    release = write_toy_release(folder / f"{RELEASE_ID}.duckdb")
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        build_pages(release, folder / "pages", Reporting(), "")
        seconds.append(time.perf_counter() - started)
    report.add(Line("dashboards", "first build", "s", seconds[0], "the aim", 10, 1, f"quickest {min(seconds):.1f} s"))
    for file in sorted((folder / "pages").glob("*.html")):
        report.add(Line("dashboards", file.name, "KB", file.stat().st_size / 1000, "the aim", 200, 1))
