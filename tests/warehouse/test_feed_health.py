"""Deliveries against the feeds' schedules, on toy ledgers; what is provisional for want of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import duckdb
import pytest

from dagster_project.settings import DBT_PROJECT
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.load.raw_tables import create_tables
from dagster_project.warehouse.local_days import last_whole_day
from dagster_project.warehouse.watch.newest import newest_health, watch
from dagster_project.warehouse.watch.provisional import feeds_of_tables

AS_OF = date(2024, 3, 14)  # a Thursday
PAYMENTS, RATES, REFUNDS = (read_contracts()[name] for name in ("payments", "exchange_rates", "refunds"))
FEEDS = [PAYMENTS, RATES, REFUNDS]
NODES = {
    "model.stg_payments": ("staging/finance/stg_payments.sql", ["source.payments"]),
    "model.payments_daily": ("marts/finance/payments_daily.sql", ["model.stg_payments", "source.rates"]),
    "model.groups": ("marts/product/groups.sql", ["model.payments_daily"]),
    "model.rules": ("marts/security/rules.sql", []),
}
MANIFEST = {
    "nodes": {
        name: {
            "resource_type": "model",
            "original_file_path": f"models/{path}",
            "schema": path.split("/")[1],
            "alias": path.split("/")[2].removesuffix(".sql"),
            "depends_on": {"nodes": parents},
        }
        for name, (path, parents) in NODES.items()
    },
    "sources": {
        "source.payments": {"schema": "raw", "name": "payments"},
        "source.rates": {"schema": "raw", "name": "exchange_rates"},
    },
}


class Candidate:
    """The loader's ledger, and the tables of ops as dbt makes them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        create_tables(connection, FEEDS)
        connection.execute("create schema ops")
        for table in ("feed_health", "anomalies", "provisional_periods"):
            shape = (DBT_PROJECT / "models" / "marts" / "ops" / f"{table}.sql").read_text(encoding="utf-8")
            connection.execute(f"create table ops.{table} as {shape}")

    def deliver(self, feed: Feed, day: date, lines: int = 100, hours_after_its_day: float = 2) -> None:
        loaded_at = datetime(day.year, day.month, day.day) + timedelta(days=1, hours=hours_after_its_day)
        self.connection.execute(
            "insert into load.deliveries (feed, dt, file, lines, loaded_at) values (?, ?, 'a', ?, ?)",
            [feed.name, day, lines, loaded_at],
        )

    def deliver_daily(self, feed: Feed, days: int, lines: int = 100) -> None:
        """On each of the days that end with the as-of day."""
        for number in range(days):
            self.deliver(feed, AS_OF - timedelta(days=number), lines)

    def watch(self, zone: str = "UTC", feeds: list[Feed] | None = None) -> None:
        watch(self.connection, feeds or FEEDS, MANIFEST, AS_OF, zone)

    def query(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def statuses(self, feed: Feed) -> dict[str, str]:
        rows = f"select strftime(dt, '%m-%d'), status from ops.feed_health where feed = '{feed.name}' order by dt"
        return dict(self.query(rows))


@pytest.fixture
def candidate() -> Iterator[Candidate]:
    with duckdb.connect() as connection:
        yield Candidate(connection)


def test_each_feed_tells_its_schedule() -> None:
    schedules = {name: feed.schedule for name, feed in read_contracts().items() if feed.schedule != "daily"}
    assert schedules.pop("exchange_rates") == "weekdays"
    assert set(schedules.values()) == {"when_it_happens"}
    assert set(schedules) == {
        *("users", "groups", "group_members", "meters", "meter_readings", "subscriptions", "refunds", "client_errors")
    }


def test_a_day_without_a_file_is_missing_from_the_first_delivery_on(candidate: Candidate) -> None:
    for day in (10, 11, 13):
        candidate.deliver(PAYMENTS, date(2024, 3, day))
    candidate.watch()
    assert candidate.statuses(PAYMENTS) == {
        "03-10": "unknown",
        "03-11": "unknown",
        "03-12": "missing",
        "03-13": "unknown",
        "03-14": "missing",
    }
    assert candidate.query("select detail from ops.feed_health where dt = '2024-03-12'") == [
        ("no file came; the feed is delivered every day",)
    ]


def test_a_feed_of_weekdays_misses_no_weekend_and_is_not_due_before_its_contract_says(candidate: Candidate) -> None:
    # 2024-03-09 and 10 are a weekend; 96 hours are three days beyond the next one, so that only the 11th is due
    candidate.deliver(RATES, date(2024, 3, 7))
    candidate.deliver(RATES, date(2024, 3, 13))
    candidate.watch()
    assert candidate.statuses(RATES) == {"03-07": "unknown", "03-08": "missing", "03-11": "missing", "03-13": "unknown"}


def test_what_is_delivered_when_it_happens_is_never_missing(candidate: Candidate) -> None:
    candidate.deliver(REFUNDS, date(2024, 3, 1))
    candidate.watch()
    assert candidate.statuses(REFUNDS) == {"03-01": "unknown"}


def test_a_feed_that_was_never_delivered_and_deliveries_after_the_as_of_day_are_not_told_of(
    candidate: Candidate,
) -> None:
    candidate.deliver(PAYMENTS, AS_OF + timedelta(days=1))
    candidate.watch()
    assert candidate.query("from ops.feed_health") == []


def test_90_days_are_told_of(candidate: Candidate) -> None:
    candidate.deliver_daily(PAYMENTS, 120)
    candidate.watch()
    assert candidate.query("select count(*), min(dt), max(dt) from ops.feed_health") == [
        (90, AS_OF - timedelta(days=89), AS_OF)
    ]


@pytest.mark.parametrize(
    ("lines", "status", "detail"),
    [
        (100, "ok", "100 lines; usual are 69 to 138 (weekday, 12 days)"),
        (50, "small", "50 lines; usual are 69 to 138 (weekday, 12 days)"),
        (0, "small", "0 lines; usual are 69 to 138 (weekday, 12 days)"),
        (1200, "large", "1,200 lines; usual are 69 to 138 (weekday, 12 days)"),
    ],
)
def test_a_delivery_is_of_the_size_of_its_weekday(candidate: Candidate, lines: int, status: str, detail: str) -> None:
    # the root of 100 is 10, 3.5 times a half to either side are 8.25 and 11.75, their squares 68.06 and 138.06
    candidate.deliver_daily(PAYMENTS, 100)
    candidate.connection.execute("update load.deliveries set lines = ? where dt = ?", [lines, AS_OF])
    candidate.watch()
    found = candidate.query(
        f"select lines, expected_lines, lowest_usual, highest_usual, status, detail "
        f"from ops.feed_health where dt = '{AS_OF}'"
    )
    assert found == [(lines, 100.0, 69.0, 138.0, status, detail)]


def test_a_delivery_that_came_a_night_after_the_others_is_late(candidate: Candidate) -> None:
    # payments may come 12 hours after the end of their day, this one came 26 hours after it and 24 after the rates
    candidate.deliver(RATES, date(2024, 3, 13))
    candidate.deliver(PAYMENTS, date(2024, 3, 13), hours_after_its_day=26)
    candidate.deliver(PAYMENTS, AS_OF)
    candidate.watch()
    found = candidate.query(
        "select lateness_hours, status, detail from ops.feed_health where feed = 'payments' order by dt"
    )
    assert found[0] == (24, "late", "came 24 hours late; 12 are allowed")
    assert found[1][:2] == (0, "unknown")


def test_facts_that_came_again_with_other_content_are_told_of_for_a_week(candidate: Candidate) -> None:
    candidate.deliver_daily(REFUNDS, 20)
    conflicts = "update load.deliveries set conflicts = 3 where dt in (date '2024-03-07', date '2024-03-08')"
    candidate.connection.execute(conflicts)
    candidate.watch()
    words = "3 of 100 lines, as in a, repeat a key with other content than the earliest delivery, which stands"
    assert newest_health(candidate.connection, AS_OF) == [
        ("refunds", date(2024, 3, 8), "conflicting", words),
        ("refunds", AS_OF, "unknown", "not enough history to judge its size"),
    ]


def test_a_conflict_hides_no_small_delivery_and_a_large_one_no_conflict(candidate: Candidate) -> None:
    candidate.deliver_daily(PAYMENTS, 100)
    for day, lines in ((AS_OF - timedelta(days=1), 200), (AS_OF, 5)):
        counts = "update load.deliveries set conflicts = 3, lines = ? where dt = ?"
        candidate.connection.execute(counts, [lines, day])
    candidate.watch()
    told = newest_health(candidate.connection, AS_OF)
    assert [(day, status) for _, day, status, _ in told] == [
        (AS_OF - timedelta(days=1), "conflicting"),
        (AS_OF, "small"),
    ]
    assert told[1][3].endswith("; 3 of them repeat a key with other content")


def test_history_that_is_loaded_at_once_is_not_late(candidate: Candidate) -> None:
    for number in range(30):
        candidate.deliver(PAYMENTS, AS_OF - timedelta(days=number), hours_after_its_day=24 * (500 + number))
    candidate.watch()
    assert candidate.query("select max(lateness_hours) from ops.feed_health") == [(0,)]


def test_the_newest_day_is_told_and_days_that_are_still_missing(candidate: Candidate) -> None:
    for day in (1, 2, 4, 5, 7, 8, 10, 11, 12, 13):  # 3, 6 and 9 are missing, the 14th as well; the 3rd is given up
        candidate.deliver(PAYMENTS, date(2024, 3, day))
    candidate.watch()
    told = [(dt.day, status) for _, dt, status, _ in newest_health(candidate.connection, AS_OF)]
    assert told == [(9, "missing"), (14, "missing")]


def test_tables_made_from_a_lacking_feed_are_provisional_from_its_first_lacking_day_on(candidate: Candidate) -> None:
    candidate.deliver_daily(PAYMENTS, 100)
    candidate.connection.execute("delete from load.deliveries where dt = date '2024-03-12'")
    candidate.connection.execute("update load.deliveries set lines = 5 where dt = date '2024-03-14'")
    candidate.watch()
    reason = (
        "2024-03-12 is missing: no file came; the feed is delivered every day; "
        "2024-03-14 is small: 5 lines; usual are 69 to 138 (weekday, 12 days)"
    )
    assert candidate.query("from ops.provisional_periods order by all") == [
        ("finance", "payments_daily", date(2024, 3, 12), AS_OF, "payments", reason),
        ("product", "groups", date(2024, 3, 12), AS_OF, "payments", reason),
    ]
    candidate.watch(zone="America/New_York")  # where the evening before belongs to the UTC day
    assert {row[2] for row in candidate.query("from ops.provisional_periods")} == {date(2024, 3, 11)}
    for day in (12, 14):
        candidate.connection.execute(f"delete from load.deliveries where dt = date '2024-03-{day}'")
        candidate.deliver(PAYMENTS, date(2024, 3, day))
    candidate.watch()
    assert candidate.query("from ops.provisional_periods") == []


def test_a_table_depends_on_the_feeds_of_all_it_is_made_from() -> None:
    assert feeds_of_tables(MANIFEST) == {
        "finance.payments_daily": {"payments", "exchange_rates"},
        "product.groups": {"payments", "exchange_rates"},
        "security.rules": set(),
    }


def test_the_same_deliveries_give_the_same_answer_again(candidate: Candidate) -> None:
    candidate.deliver_daily(PAYMENTS, 100)
    candidate.watch()
    tables = [candidate.query(f"from ops.{table} order by all") for table in ("feed_health", "anomalies")]
    candidate.watch()
    assert tables == [candidate.query(f"from ops.{table} order by all") for table in ("feed_health", "anomalies")]


def test_a_contract_may_change_the_schedule(candidate: Candidate) -> None:
    candidate.deliver(PAYMENTS, date(2024, 3, 13))
    candidate.watch(feeds=[replace(PAYMENTS, schedule="when_it_happens")])
    assert candidate.statuses(PAYMENTS) == {"03-13": "unknown"}


def test_west_of_greenwich_the_as_of_day_is_not_over() -> None:
    zones = ("UTC", "America/New_York", "Asia/Tokyo", "Asia/Kolkata")
    assert [last_whole_day(AS_OF, zone).day for zone in zones] == [14, 13, 14, 14]
