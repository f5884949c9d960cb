"""Random small histories of the system, delivered in random order and cut into random nights (Hypothesis strategies).

Few people, few days and few instants of a day, so that rows meet: the same key twice, a day's last minute, a version
older than the standing one, a refund before its payment, a month after which nothing happens for a year.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from tests.incremental.nights import File

# `make histories` asks for many; a test run can afford few, because each night of each costs seconds.
TRIES_MANY = "WAREHOUSE_HISTORIES" in os.environ
EXAMPLES = int(os.environ.get("WAREHOUSE_HISTORIES", "1"))

# Around the end of a February with 29 days and New York's and Berlin's changes to summer time, and a year before.
DAYS = [date(2023, 3, 31), date(2023, 4, 1)] + [date(2024, 2, 27) + timedelta(days=n) for n in range(36)]
TIMES = [time(0, 0), time(0, 20), time(3, 59, 59), time(4, 30), time(12, 0), time(12, 10), time(23, 50)]
USERS = [f"u{n}" for n in range(1, 6)]
LONG_BEFORE = datetime(2023, 1, 1, tzinfo=UTC)

instants = st.builds(lambda day, at: datetime.combine(day, at, UTC), st.sampled_from(DAYS), st.sampled_from(TIMES))
dates = st.sampled_from(DAYS)
users = st.sampled_from(USERS)
rarely = st.sampled_from([True] + [None, False] * 4)


def keys(prefix: str, count: int) -> st.SearchStrategy[str]:
    return st.integers(1, count).map(lambda number: f"{prefix}{number}")


def some(*values: object) -> st.SearchStrategy:
    return st.sampled_from(values)


ROWS: dict[str, dict[str, st.SearchStrategy]] = {
    "users": {
        "user_id": users,
        "registered_at": instants,
        "updated_at": instants,
        "acquisition_channel": some("organic", "paid_search", None),
        "is_test": rarely,
    },
    "events": {
        "event_id": keys("e", 60),
        "event_at": instants,
        "user_id": some(*USERS, None),
        "anonymous_id": some("a1", None),
        "session_id": some("s1", "s2", None, None, None),
        "event_name": some("page_view", "page_view", "payment_started", "push_received", "meter_reading_submitted"),
        "feature": some("bills", "meters", None),
        "page": some("/home", "/bills", None),
        "platform": some("web", "ios", None),
        "is_bot": rarely,
    },
    "groups": {"group_id": keys("g", 3), "created_at": instants, "updated_at": instants, "owner_user_id": users},
    "group_members": {
        "group_id": keys("g", 3),
        "user_id": users,
        "joined_at": instants,
        "left_at": st.one_of(st.none(), instants),
        "updated_at": instants,
    },
    "meters": {
        "meter_id": keys("m", 3),
        "group_id": keys("g", 3),
        "utility": some("water", "heat"),
        "installed_at": instants,
        "removed_at": st.one_of(st.none(), instants),
        "reading_due_day": some(1, 15, 28, None),
        "updated_at": instants,
    },
    "meter_readings": {
        "reading_id": keys("r", 12),
        "meter_id": keys("m", 3),
        "user_id": users,
        "submitted_at": instants,
        "period": dates.map(lambda day: day.replace(day=1)),
        "value": some(1.5, 20),
        "unit": some("m3"),
    },
    "subscriptions": {
        "subscription_id": keys("s", 5),
        "effective_at": instants,
        "user_id": users,
        "plan_id": some("basic", "plus"),
        "status": some("trialing", "active", "active", "active", "past_due", "paused", "canceled"),
        "amount_minor": some(999, 1000, 12000),
        "currency": some("USD", "EUR", "JPY"),
        "interval": some("month", "month", "year", "week", "day"),
        "interval_count": some(1, 3, None),
        "quantity": some(1, 2, None),
        "discount_minor": some(0, 100, 2000, None),
        "cancel_reason": some(None, "payment_failed"),
    },
    "payments": {
        "attempt_id": keys("p", 25),
        "payment_id": keys("i", 10),
        "user_id": some(*USERS, None),
        "group_id": some("g1", None),
        "kind": some("bill", "subscription", "service"),
        "attempted_at": instants,
        "updated_at": instants,
        "status": some("pending", "succeeded", "succeeded", "failed"),
        "amount_minor": some(0, 1000, 2599),
        "fee_minor": some(0, 35, None),
        "currency": some("USD", "EUR", "JPY"),
        "method": some("card", None),
    },
    "refunds": {
        "refund_id": keys("f", 8),
        "attempt_id": keys("p", 25),
        "refunded_at": instants,
        "amount_minor": some(100, 5000),
        "fee_minor": some(0, 35),
        "currency": some("USD", "EUR", None),
        "reason": some("requested", "chargeback", None),
    },
    "marketing_spend": {
        "spend_date": dates,
        "channel": some("organic", "paid_search"),
        "campaign": some("spring", "brand"),
        "spend_minor": some(0, 5000, 77),
        "currency": some("USD", "EUR"),
        "updated_at": instants,
    },
    "exchange_rates": {
        "rate_date": dates,
        "currency": some("EUR", "JPY", "USD"),
        "rate": some(0.0067, 1.1, 1.25, 0.9),
        "updated_at": instants,
    },
}
# So that hardly any amount lacks a rate; what a missing one does is for other tests.
FIRST_RATES = [
    {"rate_date": "2023-01-01", "currency": name, "rate": rate, "updated_at": LONG_BEFORE.isoformat()}
    for name, rate in (("EUR", 1.0), ("JPY", 0.007))
]


@dataclass(frozen=True)
class History:
    """Nights of deliveries; a later file of the same path replaces the earlier one. `as_of` is that of each night."""

    nights: list[list[File]]
    as_of: list[date]

    @property
    def final(self) -> list[File]:
        """What lies in the landing zone after the last night."""
        return list({(f.feed, f.dt, f.name): f for night in self.nights for f in night}.values())


@st.composite
def histories(draw: st.DrawFn, feeds: tuple[str, ...] = tuple(ROWS)) -> History:
    """A random history of the given feeds."""
    files = [File("exchange_rates", date(2023, 1, 1), "first.ndjson", _lines(FIRST_RATES))]
    for feed in feeds:
        rows = draw(st.lists(st.fixed_dictionaries(ROWS[feed]), min_size=2, max_size=16))
        for name in draw(st.lists(keys("part-", 3), min_size=1, max_size=3)):
            taken = draw(st.lists(st.sampled_from(rows), min_size=1, max_size=12))
            late = draw(some(0, 0, 1, 40))
            files.append(File(feed, _delivery_day(taken, late), f"{name}.ndjson", _lines(taken)))
    order = draw(st.permutations(files))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), min_size=1, max_size=3)))
    nights = [order[first:last] for first, last in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    newest = [max(file.dt for night in nights[: n + 1] for file in night) for n in range(len(nights))]
    return History(nights, newest)


def _delivery_day(rows: list[dict], late: int) -> date:
    """The earliest day on which all of the rows may be delivered, and as many days later as told."""
    days = [value.date() for row in rows for value in row.values() if isinstance(value, datetime)]
    days += [value for row in rows for value in row.values() if type(value) is date]
    return max(days) + timedelta(days=late)


def _lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row, default=lambda value: value.isoformat()) + "\n" for row in rows).encode()
