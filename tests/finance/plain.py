"""What the figures of finance are counted from, in lists of rows, and the rules that all of them share.

Rows are dicts in the columns of the contracts, timestamps in UTC. Everything is as slow and plain as its definition,
in fractions, and nothing is shared with the models.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import floor
from zoneinfo import ZoneInfo

from dagster_project.settings import Reporting

DAY = timedelta(days=1)
DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}
MONTHLY = {"month": Fraction(1), "year": Fraction(1, 12), "week": Fraction(52, 12), "day": Fraction(365, 12)}


@dataclass(frozen=True)
class Facts:
    """The rows that stand, by what they are, and how and as of when to report them."""

    reporting: Reporting
    as_of: date
    subscriptions: list[dict] = field(default_factory=list)
    exchange_rates: list[dict] = field(default_factory=list)
    users: list[dict] = field(default_factory=list)
    marketing_spend: list[dict] = field(default_factory=list)
    payments: list[dict] = field(default_factory=list)
    refunds: list[dict] = field(default_factory=list)

    def day(self, at: datetime) -> date:
        """The day of an instant in the reporting time zone."""
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.reporting.reporting_timezone)).date()

    def end_of(self, day: date) -> datetime:
        """The instant, in UTC, at which a day of the reporting time zone is over."""
        midnight = datetime.combine(day + DAY, datetime.min.time(), ZoneInfo(self.reporting.reporting_timezone))
        return midnight.astimezone(UTC).replace(tzinfo=None)

    @cached_property
    def _rates(self) -> dict[str, dict[date, Fraction]]:
        known: dict[str, dict[date, Fraction]] = {}
        for row in self.exchange_rates:
            known.setdefault(row["currency"], {})[row["rate_date"]] = Fraction(str(row["rate"]))
        return known

    def rate(self, currency: str, day: date) -> Fraction:
        """The last known rate at or before a day; 1 for the reporting currency."""
        if currency == self.reporting.reporting_currency:
            return Fraction(1)
        known = self._rates[currency]
        return known[max(at for at in known if at <= day)]

    def units(self, minor: int, currency: str) -> Fraction:
        return Fraction(minor, 10 ** DECIMALS[currency])

    @cached_property
    def histories(self) -> dict[str, list[dict]]:
        """Subscription: its rows by time."""
        rows: dict[str, list[dict]] = {}
        for row in sorted(self.subscriptions, key=lambda row: row["effective_at"]):
            rows.setdefault(row["subscription_id"], []).append(row)
        return rows

    def mrr(self, row: dict) -> Fraction:
        """Monthly recurring revenue of a state of a subscription, in its own currency."""
        if row["status"] not in ("active", "past_due"):
            return Fraction(0)
        quantity, discount = (row.get(name) if row.get(name) is not None else default for name, default in DEFAULTS)
        net = max(row["amount_minor"] * quantity - discount, 0)
        return self.units(net, row["currency"]) * MONTHLY[row["interval"]] / (row.get("interval_count") or 1)

    def recurring(self, day: date) -> dict[str, dict[str, Fraction]]:
        """Customer: currency: recurring revenue above 0 at the end of a day."""
        found: dict[str, dict[str, Fraction]] = {}
        for rows in self.histories.values():
            state = next((row for row in reversed(rows) if row["effective_at"] < self.end_of(day)), None)
            if state and self.mrr(state) > 0:
                amounts = found.setdefault(state["user_id"], {})
                amounts[state["currency"]] = amounts.get(state["currency"], Fraction(0)) + self.mrr(state)
        return found

    @cached_property
    def first_paid(self) -> dict[str, date]:
        """Customer: day of the first instant with recurring revenue."""
        days: dict[str, date] = {}
        for row in sorted(self.subscriptions, key=lambda row: row["effective_at"]):
            if self.mrr(row) > 0:
                days.setdefault(row["user_id"], self.day(row["effective_at"]))
        return days


DEFAULTS = (("quantity", 1), ("discount_minor", 0))


def cents(amount: Fraction) -> Decimal:
    """Rounded half up, away from zero."""
    rounded = Decimal(floor(abs(amount) * 100 + Fraction(1, 2))) / 100
    return rounded if amount > 0 else -rounded


def share(part: Decimal | int, whole: Decimal | Fraction | int) -> float | None:
    return float(part) / float(whole) if whole else None


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return month_of(month + 31 * DAY)


def months(first: date, last: date) -> list[date]:
    """The first days of the months from that of one day to that of another."""
    found, month = [], month_of(first)
    while month <= last:
        found.append(month)
        month = next_month(month)
    return found
