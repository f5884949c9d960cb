"""The frame every generator works in: how many people, which days, and one random stream per generator."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

# A sample ends on this day unless a start is given, so that the same arguments write the same bytes on any day.
# With it a year of days is twelve whole months, and a quarter reaches into the heating season.
SAMPLE_END = date(2026, 10, 31)

MINUTE = np.timedelta64(60_000, "ms")
HOUR = np.timedelta64(3_600_000, "ms")
DAY = np.timedelta64(86_400_000, "ms")


@dataclass(frozen=True)
class World:
    """The arguments of one sample: `users` register within `days` days from `start` (UTC).

    Raises ValueError where an argument is below its least value (one user, one day, seed 0).
    """

    users: int
    days: int
    seed: int
    start: date

    def __post_init__(self) -> None:
        for name, value, least in (("users", self.users, 1), ("days", self.days, 1), ("seed", self.seed, 0)):
            if value < least:
                raise ValueError(f"{name}: expected {least} or more, found {value}")

    def rng(self, name: str) -> np.random.Generator:
        """The random stream of one generator, by seed and name alone, so that a change of one feed shifts no other."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, zlib.crc32(name.encode())]))

    @property
    def first(self) -> np.datetime64:
        """The first instant of the sample."""
        return np.datetime64(self.start, "ms")

    @property
    def end(self) -> np.datetime64:
        """The first instant after the sample."""
        return self.first + self.days * DAY

    @property
    def dates(self) -> np.ndarray:
        """Every day of the sample, datetime64[D]."""
        return np.datetime64(self.start, "D") + np.arange(self.days)

    @property
    def last_date(self) -> date:
        return self.start + timedelta(days=self.days - 1)

    def day_of(self, instants: np.ndarray) -> np.ndarray:
        """The number of each instant's UTC day, 0 for the first day; below 0 or beyond `days` outside the sample."""
        return np.asarray(instants - self.first).astype("timedelta64[ms]").astype(np.int64) // 86_400_000

    def share_of_days(self, share: float) -> int:
        """The day number at `share` (0 to 1) of the sample."""
        return int(share * self.days)


def span(rng: np.random.Generator, low: np.timedelta64, high: np.timedelta64, size: int) -> np.ndarray:
    """`size` durations drawn evenly from `low` to `high`, timedelta64[ms]."""
    return rng.integers(low.astype(np.int64), high.astype(np.int64), size).astype("timedelta64[ms]")


def waiting(rng: np.random.Generator, mean: np.timedelta64, size: int) -> np.ndarray:
    """`size` exponentially distributed durations with the given mean, timedelta64[ms]."""
    return rng.exponential(float(mean.astype(np.int64)), size).astype(np.int64).astype("timedelta64[ms]")
