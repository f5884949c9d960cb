"""Periods of time: how they are called, and which are still running at an as-of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

EPOCH = datetime(1970, 1, 1)


class Grain(StrEnum):
    """The length of a period."""

    hour = "hour"
    day = "day"
    week = "week"
    month = "month"

    @property
    def step(self) -> timedelta:
        """The unit in which a page counts such periods since 1970."""
        return timedelta(hours=1) if self is Grain.hour else timedelta(days=1)

    def name_of(self, period: date) -> str:
        """A period as a heading: September 2026, Sun 18 Oct 2026, Sun 18 Oct 20:00 UTC."""
        if self is Grain.month:
            return f"{period:%B %Y}"
        if self is Grain.hour:
            return f"{period:%a} {period.day} {period:%b %H}:00 UTC"
        before = "week of " if self is Grain.week else ""
        return f"{before}{period:%a} {period.day} {period:%b %Y}"

    def is_over(self, period: date, as_of: date, settles_after: int = 0) -> bool:
        """Whether a period that began then is over at the end of the as-of day, and so many days older."""
        if self is Grain.month:
            last = (period.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        else:
            last = period + timedelta(days=6 if self is Grain.week else 0)
        return day_of(last) + timedelta(days=settles_after) <= as_of

    def after(self, period: date) -> date:
        """The period that follows."""
        if self is Grain.month:
            return (period.replace(day=1) + timedelta(days=32)).replace(day=1)
        return period + (timedelta(days=7) if self is Grain.week else self.step)

    def before(self, period: date, periods: int) -> date:
        """The period that began so many periods earlier."""
        if self is Grain.month:
            years, month = divmod(period.month - 1 - periods, 12)
            return period.replace(year=period.year + years, month=month + 1, day=1)
        return period - periods * (timedelta(days=7) if self is Grain.week else self.step)

    def number_of(self, period: date) -> int:
        """Steps since 1970."""
        return (as_time(period) - EPOCH) // self.step


def day_of(period: date) -> date:
    """The day of a day or of a point in time."""
    return period.date() if isinstance(period, datetime) else period


def as_time(period: date) -> datetime:
    """A day or a point in time as a point in time, UTC, without zone."""
    if not isinstance(period, datetime):
        return datetime(period.year, period.month, period.day)
    return period.astimezone(UTC).replace(tzinfo=None) if period.tzinfo else period
