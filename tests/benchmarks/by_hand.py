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
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT, Settings
from dagster_project.simulator import simulate
from tests.benchmarks.cost import cost_of_command, cost_of_night
from tests.benchmarks.floor.compare import differences
from tests.benchmarks.history import SEED, START, hand_over
from tests.benchmarks.report import Line, Report

AIM_BY_HISTORY, AIM_BY_HAND = 1.3, 1.5


@dataclass(frozen=True)
class History:
    """A home with so many days, the tables that SQL by hand keeps of them, and what each round of it took."""

    days: int
    home: Settings
    database: Path
    costs: dict[str, list[float]] = field(default_factory=dict)

    def by_hand(self, day: date, *more: str) -> list[str]:
        module = "tests.benchmarks.floor.incremental"
        return [sys.executable, "-m", module, str(self.home.home), str(self.database), str(day), *more]

    def note(self, what: str, seconds: float) -> None:
        self.costs.setdefault(what, []).append(seconds)

    def note_parts(self, command: list[str]) -> None:
        """Run a command that prints what its parts took."""
        said = subprocess.run(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, check=True).stdout
        for what, seconds in json.loads(said.splitlines()[-1]).items():
            self.note(what, seconds)

    @property
    def cost(self) -> dict[str, float]:
        return {what: statistics.median(found) for what, found in self.costs.items()}


def bench_by_hand(folder: Path, users: int, histories: Sequence[int], rounds: int, report: Report) -> None:
    """Whole nights, and nights step by step, of one new day after each of `histories` (numbers of days).

    Each day comes to all of them in turn: a machine whose speed changes within the hour is then as fast for each.
    """
    everything = Settings(folder / "everything")
    longest = max(histories)
    simulate(everything.landing, users, longest + 2 * rounds, SEED, START, report=lambda line: None)
    after = [History(days, Settings(folder / f"{days}-days"), folder / f"{days}.duckdb") for days in sorted(histories)]
    for one in after:
        hand_over(everything, one.home, range(longest - one.days, longest))
        # without the rates of subscriptions that began before, finance would be held back, and its nights cost less
        hand_over(everything, one.home, range(longest - one.days), feed="exchange_rates")
        cost_of_night(one.home)
        cost_of_command(one.by_hand(_day(longest - 1), "begin"))
    # whole nights first: a build without tests after it has the next night look at all keys
    for number in range(longest, longest + rounds):
        for one in after:
            hand_over(everything, one.home, [number])
            one.note("night", cost_of_night(one.home).cpu)
            one.note("script", cost_of_command(one.by_hand(_day(number))).cpu)
    for number in range(longest + rounds, longest + 2 * rounds):
        for one in after:
            hand_over(everything, one.home, [number])
            one.note_parts([sys.executable, "-m", "tests.benchmarks.models", str(one.home.home), str(_day(number))])
            one.note_parts(one.by_hand(_day(number)))
    for one in after:
        found = differences(one.database, one.home.candidate)
        note = f"{len(found)} tables, {sum(found.values())} rows otherwise"
        what = f"one new day of {users:,} users after {one.days} days"
        _add(report, what, one.cost, (after[0].days, after[0].cost["night"]), note)


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


def _day(number: int) -> date:
    return START + timedelta(days=number)
