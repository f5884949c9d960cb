"""All benchmarks: `make bench` and `make scale` print ratios against a reference run beside, and assert nothing.

A machine's mood is no test.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.dashboards import bench_dashboards
from tests.benchmarks.history import bench_history_length
from tests.benchmarks.load import bench_large_file, bench_small_files
from tests.benchmarks.requests import FORMS, bench_requests


def main() -> None:
    """Run the benchmarks and print their ratios."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["nights", "requests"], default="nights", help="default: nights")
    parser.add_argument("--lines", type=int, default=2_000_000, help="event lines of the large file")
    parser.add_argument("--files", type=int, default=10_000, help="small files of one feed")
    parser.add_argument("--users", type=int, default=2_000, help="people of the simulated system")
    parser.add_argument("--short", type=int, default=40, help="days of the short history")
    parser.add_argument("--long", type=int, default=400, help="days of the long history")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the medians are compared")
    parser.add_argument("--rows", type=int, default=50_000_000, help="requests of the one day of `requests`")
    parser.add_argument("--form", choices=FORMS, default=FORMS[0], help="form of their file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warehouse-bench-") as name:
        folder = Path(name)
        if given.what == "requests":
            bench_requests(folder, given.rows, given.form)
            return
        bench_large_file(folder, given.lines, given.rounds)
        bench_small_files(folder, given.files)
        bench_dashboards(folder, given.rounds)
        bench_history_length(folder, given.users, given.short, given.long, given.rounds)


if __name__ == "__main__":
    main()
