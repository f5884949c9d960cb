"""All benchmarks, or the named ones: prints ratios against references run beside, and asserts nothing.

A machine's mood is no test.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT
from tests.benchmarks.bulk import bench_bulk
from tests.benchmarks.by_hand import bench_by_hand
from tests.benchmarks.dashboards import bench_dashboards
from tests.benchmarks.history import bench_fixed_cost, bench_history
from tests.benchmarks.load import bench_formats, bench_small_files
from tests.benchmarks.report import Report, machine
from tests.benchmarks.requests import FORMS, bench_requests
from tests.benchmarks.side_by_side import bench_side_by_side


@dataclass(frozen=True)
class Size:
    """How much of everything: lines of a large file, small files, people, days of the histories that are compared,
    people and days of the two that hand-written SQL is tried on, days of the one on which the whole job is, requests of
    one day, people in bulk and the days of theirs that each night brings, rounds."""

    lines: int
    files: int
    users: int
    histories: tuple[int, ...]
    users_by_hand: int
    histories_by_hand: tuple[int, int]
    days: int
    requests: int
    users_in_bulk: int
    days_in_bulk: tuple[int, ...]
    rounds: int


SMALL = Size(100_000, 200, 100, (5, 10), 100, (20, 35), 10, 100_000, 100, (40, 2, 1), 1)
USUAL = Size(2_000_000, 10_000, 2_000, (10, 100, 1_000), 20_000, (40, 400), 400, 50_000_000, 14_000, (400, 40, 1), 3)
SIZES = {
    "small": SMALL,
    "usual": USUAL,
    "medium": replace(USUAL, users_by_hand=110_000, users_in_bulk=110_000),
    "large": replace(USUAL, users_by_hand=1_100_000, users_in_bulk=1_100_000),
}
SIZES_ARE = """small says only that the benchmarks work; medium and large differ from usual in by-hand and bulk alone:
nights after a hundred million rows, after a billion"""
BENCHMARKS: dict[str, Callable[[Path, Size, Report], None]] = {
    "load": lambda folder, size, report: bench_formats(folder, size.lines, size.rounds, report),
    "files": lambda folder, size, report: bench_small_files(folder, size.files, report),
    "fixed": lambda folder, size, report: bench_fixed_cost(folder, size.rounds, report),
    "history": lambda folder, size, report: bench_history(folder, size.users, size.histories, size.rounds, report),
    "by-hand": lambda folder, size, report: bench_by_hand(
        folder, size.users_by_hand, size.histories_by_hand, size.rounds, report
    ),
    "job": lambda folder, size, report: bench_side_by_side(folder, size.users, size.days, size.rounds, report),
    "bulk": lambda folder, size, report: bench_bulk(folder, size.users_in_bulk, size.days_in_bulk, report),
    "dashboards": lambda folder, size, report: bench_dashboards(folder, size.rounds, report),
    **{
        f"requests.{form}": lambda folder, size, report, form=form: bench_requests(folder, size.requests, form, report)
        for form in FORMS
    },
}


def main() -> None:
    """Run the benchmarks, print their ratios, write the report."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--size", choices=SIZES, default="usual", help=SIZES_ARE)
    parser.add_argument("--report", type=Path, default=PROJECT_ROOT / "data" / "bench", help="folder of the report")
    given = parser.parse_args()
    if unknown := set(given.benchmarks) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: expected {', '.join(BENCHMARKS)}")
    report = Report()
    print(machine(), flush=True)
    for benchmark in given.benchmarks or BENCHMARKS:
        with tempfile.TemporaryDirectory(prefix="warehouse-bench-") as name:
            BENCHMARKS[benchmark](Path(name), SIZES[given.size], report)
    report.write(given.report)


if __name__ == "__main__":
    main()
