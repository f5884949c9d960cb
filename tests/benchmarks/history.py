"""What one more day costs at a long and at a short history of the same daily volume: `make bench`.

Whole nights as a user runs them, process start and gate included, in CPU seconds: other work on the machine disturbs
these less than the clock.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.simulator import simulate

START, SEED = date(2024, 1, 1), 5


def bench_history_length(folder: Path, users: int, short: int, long: int, rounds: int) -> None:
    """Print the CPU seconds of a night with one new day, after `long` and after `short` days of history."""
    everything = Settings(folder / "everything")
    days = long + rounds
    simulate(everything.landing, users, days, SEED, START, report=_silent)
    costs = {}
    for history in (short, long):
        home = Settings(folder / f"{history}-days")
        _hand_over(everything, home, [START + timedelta(days=day) for day in range(long - history, long)])
        first = _night(home)
        nights = []
        for day in range(long, days):
            _hand_over(everything, home, [START + timedelta(days=day)])
            nights.append(_night(home))
        costs[history] = statistics.median(nights)
        print(f"history of {history} days: first night {first:.1f} s, then {_listed(nights)} s of CPU", flush=True)
    ratio = costs[long] / costs[short]
    print(f"one new day after {long} days of history costs {ratio:.2f} times what it costs after {short}", flush=True)


def _night(home: Settings) -> float:
    """CPU seconds of `warehouse nightly`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "dagster_project.cli", "nightly"],
        env={**os.environ, "WAREHOUSE_HOME": str(home.home)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _hand_over(source: Settings, target: Settings, days: list[date]) -> None:
    for day in days:
        for folder in source.landing.glob(f"*/dt={day}"):
            shutil.copytree(folder, target.landing / folder.parent.name / folder.name)


def _listed(seconds: list[float]) -> str:
    return ", ".join(f"{value:.1f}" for value in seconds)


def _silent(line: str) -> None:
    pass
