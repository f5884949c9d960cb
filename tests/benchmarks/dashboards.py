"""How long the pages of a release take, and how large they are."""

from __future__ import annotations

import time
from pathlib import Path

from dagster_project.dashboards.build import build_pages
from dagster_project.settings import Reporting
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release


def bench_dashboards(folder: Path, rounds: int) -> None:
    """Build the pages of the toy release; the first round starts the script engine, which later ones have."""
    release = write_toy_release(folder / f"{RELEASE_ID}.duckdb")
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        build_pages(release, folder / "pages", Reporting(), "")
        seconds.append(time.perf_counter() - started)
    sizes = {file.name: file.stat().st_size / 1000 for file in sorted((folder / "pages").glob("*.html"))}
    print(f"dashboards: first build {seconds[0]:.1f} s, quickest {min(seconds):.1f} s (aim: under 10 s)")
    print("  " + ", ".join(f"{name} {size:.0f} KB" for name, size in sizes.items()) + " (aim: under 200 KB each)")
