"""When people do things: weekdays, hours of the day, seasons, the days around the turn of a month."""

from __future__ import annotations

import numpy as np

from dagster_project.simulator.world import World

# Relative use by weekday, Monday first: bills are a chore of the working week.
WEEKDAY = np.array([1.12, 1.15, 1.10, 1.05, 0.95, 0.72, 0.82])
# Relative use by local hour: little at night, a lunch peak, the evening highest.
HOUR = np.array([2, 1, 1, 1, 1, 2, 4, 7, 8, 8, 8, 9, 10, 8, 7, 7, 8, 10, 13, 15, 14, 11, 7, 4], dtype=float)
# Readings are due towards the end of a month and bills at its beginning.
TURN_OF_MONTH = 1.3


def weekday(world: World) -> np.ndarray:
    """The weekday factor of every day."""
    return WEEKDAY[(world.start.weekday() + np.arange(world.days)) % 7]


def winter(dates: np.ndarray) -> np.ndarray:
    """How wintry each date is: 1 in the middle of January, 0 in the middle of July (northern hemisphere)."""
    day_of_year = (dates.astype("datetime64[D]") - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    return 0.5 + 0.5 * np.cos(2 * np.pi * (day_of_year - 14) / 365.25)


def daily_use(world: World) -> np.ndarray:
    """How much the product is used on every day, 1 on average: weekday, season and turn of the month together."""
    day_of_month = (world.dates - world.dates.astype("datetime64[M]").astype("datetime64[D]")).astype(int) + 1
    turn = np.where((day_of_month >= 25) | (day_of_month <= 4), TURN_OF_MONTH, 1.0)
    use = weekday(world) * turn * (0.9 + 0.2 * winter(world.dates))
    return use / use.mean()


def clock_times(rng: np.random.Generator, utc_offset: np.ndarray) -> np.ndarray:
    """A time of the UTC day for each row, timedelta64[ms], drawn by the hours of the row's own time zone."""
    local_hour = rng.choice(24, len(utc_offset), p=HOUR / HOUR.sum())
    within_hour = rng.integers(0, 3_600_000, len(utc_offset))
    return (((local_hour - utc_offset) % 24) * 3_600_000 + within_hour).astype("timedelta64[ms]")
