"""What one more day costs after short and long histories of the same daily volume.

Whole nights as a user runs them, process start and gate included, in CPU seconds: other work on the machine disturbs
these less than the clock.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.simulator import simulate
from tests.benchmarks.cost import Cost, cost_of_night, median
from tests.benchmarks.report import Line, Report

START, SEED = date(2022, 1, 1), 5
AIM = 1.2


def bench_history(folder: Path, users: int, histories: Sequence[int], rounds: int, report: Report) -> None:
    """Nights of one new day after each of `histories` (numbers of days), and nights with little or nothing new."""
    everything = Settings(folder / "everything")
    longest = max(histories)
    simulate(everything.landing, users, longest + rounds, SEED, START, report=_silent)
    shortest = None
    for history in sorted(histories):
        home = Settings(folder / f"{history}-days")
        hand_over(everything, home, range(longest - history, longest))
        first = cost_of_night(home)
        cost = median(_nights(everything, home, longest, rounds))
        shortest = shortest or (history, cost)
        what = f"one new day of {users:,} users after {history} days"
        note = f"first night {first.cpu:.0f} s, {first.peak_mb:,.0f} MB"
        against = f"after {shortest[0]} days"
        report.add(Line("night", what, "s of CPU", cost.cpu, against, shortest[1].cpu, AIM, note))
        report.add(Line("night", f"{what}, memory", "MB", cost.peak_mb, against, shortest[1].peak_mb))
        report.add(Line("night", f"{what}, written", "MB", cost.written_mb, against, shortest[1].written_mb))


def bench_fixed_cost(folder: Path, rounds: int, report: Report) -> None:
    """Nights of a small home with one small new file, and with nothing new, against the seconds aimed at."""
    home = Settings(folder / "fixed-cost")
    simulate(home.landing, 100, 30, SEED, START, report=_silent)
    cost_of_night(home)
    small = [_night_with_a_payment(home, number) for number in range(rounds)]
    nothing = [cost_of_night(home) for _ in range(rounds)]
    report.add(Line("fixed", "a night with one small file", "s of CPU", median(small).cpu, "the aim", 20, 1))
    report.add(Line("fixed", "a night with nothing new", "s of CPU", median(nothing).cpu, "the aim", 5, 1))


def _night_with_a_payment(home: Settings, number: int) -> Cost:
    day = START + timedelta(days=29)
    file = home.landing / "payments" / f"dt={day}" / f"late-{number}.csv"
    at = f"{day}T12:00:0{number % 10}Z"
    file.write_text(
        "attempt_id,payment_id,kind,attempted_at,updated_at,status,amount_minor,currency\n"
        f"late-{number},late-{number},bill,{at},{at},succeeded,5000,USD\n",
        encoding="utf-8",
    )
    return cost_of_night(home)


def _nights(source: Settings, home: Settings, first: int, count: int) -> list[Cost]:
    """The costs of `count` nights, each with one more day."""
    costs = []
    for day in range(first, first + count):
        hand_over(source, home, [day])
        costs.append(cost_of_night(home))
    return costs


def hand_over(source: Settings, target: Settings, days: Sequence[int], feed: str = "*") -> None:
    """Link the deliveries of some days, counted from the start, from home to home: nobody writes into them."""
    for day in days:
        for folder in source.landing.glob(f"{feed}/dt={START + timedelta(days=day)}"):
            shutil.copytree(folder, target.landing / folder.parent.name / folder.name, copy_function=os.link)


def _silent(line: str) -> None:
    pass
