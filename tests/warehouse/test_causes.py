"""What a build writes down of why figures of past days may move."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project.warehouse.build.causes import note_erasure
from dagster_project.warehouse.build.changes import Days, begin_build, complete_build
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.load.standing import withdraw_rows
from tests.warehouse.homes import Home, event, payment

FEEDS = read_contracts()
FIRST, SECOND, AS_OF = date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 2)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that has taken in events of two days, the as-of day being the second, and a pending payment."""
    home = Home(tmp_path)
    home.deliver("events", "2024-03-02", "a.ndjson", [event("e1", "2024-03-01T10:00:00Z")])
    home.deliver("payments", "2024-03-01", "a.ndjson", [payment("p1", status="pending")])
    home.load()
    build(home)
    return home


def build(
    home: Home, definitions: str = "v1", recompute: Days | None = None, timezone: str = "UTC", as_of: date = AS_OF
) -> None:
    with open_database(home.settings.candidate) as connection:
        begin_build(connection, FEEDS.values(), definitions, as_of, timezone, recompute)
        complete_build(connection, FEEDS.values(), definitions, as_of, "the build")


def causes(home: Home) -> list[tuple]:
    return home.query("select cause, feed, first_day, last_day from load.causes order by all")


def test_the_first_build_restates_nothing(home: Home) -> None:
    assert causes(home) == []


def test_rows_of_days_that_were_over_are_late_and_those_of_new_days_are_not(home: Home) -> None:
    times = ["2024-03-01T11:00:00Z", "2024-03-02T01:00:00Z", "2024-03-02T02:00:00Z", "2024-03-03T00:00:00Z"]
    home.deliver("events", "2024-03-03", "a.ndjson", [event(f"n{at}", at) for at in times])
    home.load()
    build(home)
    assert causes(home) == [("late data", "events", FIRST, FIRST), ("late data", "events", SECOND, SECOND)]


def test_days_are_those_of_the_reporting_time_zone(home: Home) -> None:
    home.deliver("events", "2024-03-03", "a.ndjson", [event("n1", "2024-03-03T04:59:59Z")])
    home.load()
    build(home, timezone="America/New_York")
    assert causes(home) == [("late data", "events", SECOND, SECOND)]


def test_a_new_version_and_a_replaced_file_are_corrected_deliveries_and_new_keys_in_them_late(home: Home) -> None:
    home.deliver("payments", "2024-03-03", "a.ndjson", [payment("p1", "2024-03-03T00:00:00Z", status="failed")])
    home.deliver("events", "2024-03-02", "a.ndjson", [event("new", "2024-03-02T10:00:00Z")])
    home.load()
    build(home)
    assert causes(home) == [
        ("corrected delivery", "events", FIRST, FIRST),
        ("corrected delivery", "payments", FIRST, FIRST),
        ("late data", "events", SECOND, SECOND),
    ]


def test_other_definitions_and_a_backfill_are_causes_of_no_feed(home: Home) -> None:
    build(home, "v2", Days(FIRST, SECOND))
    assert causes(home) == [("backfill", None, FIRST, SECOND), ("definition", None, None, None)]


def test_a_build_as_of_an_earlier_day_is_the_cause_of_the_days_that_it_takes_back(home: Home) -> None:
    build(home, as_of=FIRST)
    assert causes(home) == [("earlier as-of day", None, SECOND, SECOND)]
    build(home, as_of=FIRST)
    build(home, as_of=SECOND)
    assert len(causes(home)) == 1


def test_an_erasure_is_a_cause_beside_the_correction_that_its_rows_look_like(home: Home) -> None:
    with open_database(home.settings.candidate) as connection:
        withdraw_rows(connection, FEEDS["events"], "event_id = 'e1'")
        note_erasure(connection, FEEDS["events"], "UTC")
    build(home)
    assert causes(home) == [("corrected delivery", "events", FIRST, FIRST), ("erasure", "events", FIRST, FIRST)]


def test_a_build_that_was_killed_has_noted_what_it_was_to_take_in(home: Home) -> None:
    home.deliver("events", "2024-03-03", "a.ndjson", [event("n1", "2024-03-01T11:00:00Z")])
    home.load()
    with open_database(home.settings.candidate) as connection:
        begin_build(connection, FEEDS.values(), "v1", AS_OF, "UTC")
    build(home)
    assert set(causes(home)) == {("late data", "events", FIRST, FIRST)}
