"""The figures of product from lists of rows, as slow and plain as their definitions: what the models are held against.

Rows are dicts in the columns of the contracts, timestamps in UTC. Nothing in here is shared with the models.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dagster_project.settings import Reporting

PASSIVE = ("push_received", "email_delivered", "background_sync")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Facts:
    """The rows that stand, by what they are, and how and as of when to report them."""

    reporting: Reporting
    as_of: date
    users: list[dict] = field(default_factory=list)
    events: list[dict] = field(default_factory=list)
    group_members: list[dict] = field(default_factory=list)
    meters: list[dict] = field(default_factory=list)
    meter_readings: list[dict] = field(default_factory=list)
    payments: list[dict] = field(default_factory=list)

    def day(self, at: datetime) -> date:
        """The day of an instant in the reporting time zone."""
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.reporting.reporting_timezone)).date()

    def test_users(self) -> set[str]:
        return {user["user_id"] for user in self.users if user.get("is_test")}

    def activities(self) -> Iterable[tuple[str, date, dict]]:
        """User, day and event of everything that makes an active user, up to the as-of day."""
        for event in self.events:
            user, day = event.get("user_id"), self.day(event["event_at"])
            is_active = event["event_name"] not in PASSIVE and not event.get("is_bot")
            if user and is_active and user not in self.test_users() and day <= self.as_of:
                yield user, day, event


def active_days(facts: Facts) -> dict[str, dict[str, set[date]]]:
    """Platform (and all): user: active days."""
    days: dict[str, dict[str, set[date]]] = defaultdict(lambda: defaultdict(set))
    for user, day, event in facts.activities():
        for platform in ("all", event.get("platform") or "unknown"):
            days[platform][user].add(day)
    return days


def every_day(facts: Facts) -> list[date]:
    """From the first active day to the as-of day."""
    first = min((day for _, day, _ in facts.activities()), default=facts.as_of + DAY)
    return [first + number * DAY for number in range((facts.as_of - first).days + 1)]


def active_users_daily(facts: Facts) -> list[tuple]:
    rows = []
    for platform, days_of in active_days(facts).items():
        for day in every_day(facts):
            dau, wau, mau = (
                sum(any(day - number * DAY in days for number in range(window)) for days in days_of.values())
                for window in (1, 7, facts.reporting.mau_window_days)
            )
            rows.append((day, platform, dau, wau, mau, dau / mau if mau else None))
    return sorted(rows)


def user_lifecycle_daily(facts: Facts) -> list[tuple]:
    rows, everybody = [], active_days(facts)["all"].values()
    for day in every_day(facts):
        today = [days for days in everybody if day in days]
        new = sum(min(days) == day for days in today)
        returning = sum(day - DAY in days for days in today)
        dormant = sum(day - DAY in days and day not in days for days in everybody)
        rows.append((day, new, returning, len(today) - new - returning, dormant))
    return rows


def retention(facts: Facts, next_period: Callable[[date], date], period_of: Callable[[date], date]) -> list[tuple]:
    """`period_of` gives the first day of a day's period, `next_period` that of the one after a first day."""
    cohorts: dict[date, list[set[date]]] = defaultdict(list)
    for days in active_days(facts)["all"].values():
        cohorts[period_of(min(days))].append({period_of(day) for day in days})
    rows = []
    for cohort, members in cohorts.items():
        period, number = cohort, 0
        while period <= facts.as_of:
            retained = sum(period in periods for periods in members)
            is_complete = next_period(period) - DAY <= facts.as_of
            rows.append((cohort, number, len(members), retained, retained / len(members), is_complete))
            period, number = next_period(period), number + 1
    return sorted(rows)


def retention_daily(facts: Facts) -> list[tuple]:
    return retention(facts, lambda day: day + DAY, lambda day: day)


def retention_weekly(facts: Facts) -> list[tuple]:
    first_weekday = {"monday": 0, "sunday": 6}[facts.reporting.week_start]
    return retention(facts, lambda week: week + 7 * DAY, lambda day: day - (day.weekday() - first_weekday) % 7 * DAY)


def retention_monthly(facts: Facts) -> list[tuple]:
    return retention(facts, next_month, month_of)


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return month_of(month + 31 * DAY)


def registrations_daily(facts: Facts) -> list[tuple]:
    """Of all days: registrations are shown as they come."""
    registered: Counter[tuple[date, str]] = Counter()
    activated: Counter[tuple[date, str]] = Counter()
    for user in facts.users:
        if user.get("is_test"):
            continue
        cell = facts.day(user["registered_at"]), user.get("acquisition_channel") or "unknown"
        registered[cell] += 1
        activated[cell] += any(
            event.get("user_id") == user["user_id"]
            and event["event_name"] not in PASSIVE
            and not event.get("is_bot")
            and user["registered_at"] <= event["event_at"] < user["registered_at"] + 7 * DAY
            for event in facts.events
        )
    return sorted((*cell, registered[cell], activated[cell]) for cell in registered)
