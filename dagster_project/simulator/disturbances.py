"""What happens to rows on their way: late deliveries, repeated deliveries and malformed lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator.feeds import FeedFile
from dagster_project.simulator.world import DAY, World

LATE_SHARE, REPEATED_SHARE, MALFORMED_SHARE = 0.008, 0.004, 0.0006
LATEST_DAYS, REPEATED_WITHIN_DAYS = 6, 3
# A feed's contract holds its domain back above 5 % of a day's lines; malformed lines stay far below, on every day.
MOST_MALFORMED_OF_A_DAY = 0.01
# Fewer rows than this are a report, not a stream; they arrive as they are.
LEAST_ROWS = 20
# How a line is malformed: it ends in the middle (JSON only), its timestamp is missing, or lies in the far future.
SOUND, CUT, MISSING, FUTURE = range(4)
FAR_FUTURE = 400 * DAY


@dataclass(frozen=True)
class Delivery:
    """The lines of one feed in the order of delivery, each row's delivery day number and damage, and the totals.

    `rows` are distinct sound rows; `lines` = rows + repeated + malformed. A malformed line is a damaged copy of a row
    that is delivered sound as well, so no fact is missing. Late rows are sound rows delivered after the day of
    `ready_at`.
    """

    lines: pd.DataFrame
    day: np.ndarray
    damage: np.ndarray
    rows: int
    repeated: int
    malformed: int
    late: int


def deliver(world: World, feed: str, file: FeedFile, facts: pd.DataFrame) -> Delivery:
    """The lines in which `facts` (one row each, ready before the end of the sample) are delivered."""
    rng = world.rng(f"delivery of {feed}")
    ready_at = facts[file.ready_at].to_numpy()
    ready = world.day_of(ready_at)
    day = _with_late(world, rng, ready) if file.is_disturbed else ready
    again, again_day = _repeated(world, rng, day) if file.is_disturbed else _nothing()
    bad = _malformed(rng, day) if file.is_disturbed else _nothing()[0]
    row = np.concatenate([np.arange(len(facts)), again, bad])
    all_days = np.concatenate([day, again_day, day[bad]])
    kinds = (CUT, MISSING, FUTURE) if "json" in file.extension else (MISSING, FUTURE)
    damage = np.concatenate([np.full(len(facts) + len(again), SOUND), rng.choice(kinds, len(bad))])
    order = np.lexsort((ready_at[row], all_days))
    lines = _damaged(facts.take(row[order]).reset_index(drop=True), file.ready_at, damage[order])
    late = int((day > ready).sum())
    return Delivery(lines, all_days[order], damage[order], len(facts), len(again), len(bad), late)


def _nothing() -> tuple[np.ndarray, np.ndarray]:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)


def _some(rng: np.random.Generator, candidates: np.ndarray, share: float) -> np.ndarray:
    """A share of the candidates, at least one where there are enough."""
    if len(candidates) < LEAST_ROWS:
        return candidates[:0]
    return np.sort(rng.choice(candidates, max(1, round(share * len(candidates))), replace=False))


def _with_late(world: World, rng: np.random.Generator, ready: np.ndarray) -> np.ndarray:
    """Delivery days: the day a row is ready, for some up to six days later (within the sample)."""
    late = _some(rng, np.flatnonzero(ready < world.days - 1), LATE_SHARE)
    day = ready.copy()
    day[late] = np.minimum(ready[late] + rng.integers(1, LATEST_DAYS + 1, len(late)), world.days - 1)
    return day


def _repeated(world: World, rng: np.random.Generator, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows that come again in the file of a later day, and those days."""
    again = _some(rng, np.flatnonzero(day < world.days - 1), REPEATED_SHARE)
    again_day = day[again] + rng.integers(1, REPEATED_WITHIN_DAYS + 1, len(again))
    return again, np.minimum(again_day, world.days - 1)


def _malformed(rng: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Rows of which a damaged copy is delivered on the same day, at most one per hundred sound lines of that day."""
    allowed = (np.bincount(day) * MOST_MALFORMED_OF_A_DAY).astype(int) if len(day) else np.empty(0, dtype=int)
    chosen = _some(rng, np.flatnonzero(allowed[day] > 0), MALFORMED_SHARE)
    rank = pd.Series(day[chosen]).groupby(day[chosen]).cumcount().to_numpy()
    return chosen[rank < allowed[day[chosen]]]


def _damaged(lines: pd.DataFrame, ready_at: str, damage: np.ndarray) -> pd.DataFrame:
    moved = lines[ready_at] + np.where(damage == FUTURE, FAR_FUTURE, 0 * DAY)
    lines[ready_at] = moved.mask(damage == MISSING)
    return lines
