"""One more day beside hand-written DuckDB SQL that does the same incremental work, after a short and a long history.

The SQL keeps the product and finance tables alone (floor/incremental.py), without any check, ledger or release; what
each side includes stands in each line. CPU seconds.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT, Settings
from dagster_project.simulator import simulate
from tests.benchmarks.cost import cost_of_command, cost_of_night
from tests.benchmarks.floor.compare import differences
from tests.benchmarks.history import SEED, START, hand_over
from tests.benchmarks.report import Line, Report

AIM_BY_HISTORY, AIM_BY_HAND = 1.3, 1.5


def bench_by_hand(folder: Path, users: int, histories: Sequence[int], rounds: int, report: Report) -> None:
    """Whole nights, and nights step by step, of one new day after each of `histories` (numbers of days)."""
    everything = Settings(folder / "everything")
    longest = max(histories)
    simulate(everything.landing, users, longest + 2 * rounds, SEED, START, report=lambda line: None)
    shortest = None
    for history in sorted(histories):
        home, database = Settings(folder / f"{history}-days"), folder / f"{history}.duckdb"
        hand_over(everything, home, range(longest - history, longest))
        # without the rates of subscriptions that began before, finance would be held back, and its nights cost less
        hand_over(everything, home, range(longest - history), feed="exchange_rates")
        cost_of_night(home)
        cost_of_command(_by_hand(home, database, _day(longest - 1), "begin"))
        costs: dict[str, list[float]] = {}
        # whole nights first: a build without tests after it has the next night look at all keys
        for number in range(longest, longest + rounds):
            hand_over(everything, home, [number])
            _note(costs, "night", cost_of_night(home).cpu)
            _note(costs, "script", cost_of_command(_by_hand(home, database, _day(number))).cpu)
        for number in range(longest + rounds, longest + 2 * rounds):
            hand_over(everything, home, [number])
            _note_all(costs, [sys.executable, "-m", "tests.benchmarks.models", str(home.home), str(_day(number))])
            _note_all(costs, _by_hand(home, database, _day(number)))
        found = differences(database, home.candidate)
        note = f"{len(found)} tables, {sum(found.values())} rows otherwise"
        cost = {what: statistics.median(found) for what, found in costs.items()}
        shortest = shortest or (history, cost["night"])
        _add(report, f"one new day of {users:,} users after {history} days", cost, shortest, note)


def _add(report: Report, what: str, cost: dict[str, float], shortest: tuple[int, float], note: str) -> None:
    def add(ours: str, seconds: float, other: str, beside: float, aim: float | None = None, note: str = "") -> None:
        report.add(Line("by hand", f"{what}: {ours}", "s of CPU", seconds, other, beside, aim, note))

    add("the night", cost["night"], f"after {shortest[0]} days", shortest[1], AIM_BY_HISTORY)
    add(
        "the statements of the product and finance models alone",
        cost["statements"],
        "statements by hand that make these tables",
        cost["computed"],
        AIM_BY_HAND,
        note,
    )
    add(
        "load and build of all domains, dbt included",
        cost["load"] + cost["build"],
        "reading and statements by hand, product and finance",
        cost["read"] + cost["computed"],
    )
    add(
        "the night: all domains, checks, release, pages",
        cost["night"],
        "the script by hand, product and finance, process and all",
        cost["script"],
    )


def _by_hand(home: Settings, database: Path, day: date, *more: str) -> list[str]:
    module = "tests.benchmarks.floor.incremental"
    return [sys.executable, "-m", module, str(home.home), str(database), str(day), *more]


def _note(costs: dict[str, list[float]], what: str, seconds: float) -> None:
    costs.setdefault(what, []).append(seconds)


def _note_all(costs: dict[str, list[float]], command: list[str]) -> None:
    """Run a command that prints what its parts took."""
    said = subprocess.run(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, check=True).stdout
    for what, seconds in json.loads(said.splitlines()[-1]).items():
        _note(costs, what, seconds)


def _day(number: int) -> date:
    return START + timedelta(days=number)
