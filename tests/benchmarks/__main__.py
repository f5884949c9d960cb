"""All benchmarks, or the named ones. Prints ratios against a reference run beside, and asserts nothing.

A machine's mood is no test.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT
from tests.benchmarks.history import bench_fixed_cost, bench_history
from tests.benchmarks.load import bench_formats, bench_small_files
from tests.benchmarks.report import Report, machine
from tests.benchmarks.side_by_side import bench_side_by_side

# Lines of the large files, small files, people, days of history, rounds.
SIZES = {
    "small": (100_000, 200, 100, (5, 10), 1),
    "medium": (2_000_000, 10_000, 2_000, (10, 100, 1_000), 3),
}
# Days of history before the new one, where the whole job is compared with others.
DAYS_OF_JOB = {"small": 10, "medium": 400}
BENCHMARKS = ("load", "history", "fixed", "job")


def main() -> None:
    """Run the benchmarks, print their ratios, write the report."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=f"of {', '.join(BENCHMARKS)}; default: all")
    parser.add_argument("--size", choices=SIZES, default="medium", help="small says only that the benchmarks work")
    parser.add_argument("--report", type=Path, default=PROJECT_ROOT / "data" / "bench", help="folder of the report")
    given = parser.parse_args()
    if unknown := set(given.benchmarks) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: expected {', '.join(BENCHMARKS)}")
    lines, files, users, histories, rounds = SIZES[given.size]
    report = Report()
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="warehouse-bench-") as name:
        folder = Path(name)
        runs = {
            "load": lambda: (bench_formats(folder, lines, rounds, report), bench_small_files(folder, files, report)),
            "history": lambda: bench_history(folder, users, histories, rounds, report),
            "fixed": lambda: bench_fixed_cost(folder, rounds, report),
            "job": lambda: bench_side_by_side(folder, users, DAYS_OF_JOB[given.size], rounds, report),
        }
        for benchmark in given.benchmarks or BENCHMARKS:
            runs[benchmark]()
    report.write(given.report)


if __name__ == "__main__":
    main()
