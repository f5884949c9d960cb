"""What a build is shown of the changed rows, and when it has to rebuild everything."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project.warehouse.build.changes import Days, Scope, begin_build, complete_build
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import open_database
from tests.warehouse.homes import Home, event, payment

FEEDS = read_contracts().values()
AS_OF = date(2024, 3, 1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def begin(home: Home, definitions: str = "v1", timezone: str = "UTC", recompute: Days | None = None) -> Scope:
    with open_database(home.settings.candidate) as connection:
        return begin_build(connection, FEEDS, definitions, AS_OF, timezone, recompute)


def build(home: Home, definitions: str = "v1") -> Scope:
    """A whole build, which takes in everything that is loaded."""
    scope = begin(home, definitions)
    with open_database(home.settings.candidate) as connection:
        complete_build(connection, FEEDS, definitions, AS_OF, "the build")
    return scope


def changed_events(home: Home) -> list[str]:
    return [event_id for (event_id,) in home.query("select event_id from changed.events order by 1")]


def changed_payments(home: Home) -> list[tuple]:
    return home.query("select attempt_id, status from changed.payments order by all")


def test_the_first_build_is_full_and_shows_no_changes(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1")])
    home.load()

    assert begin(home) == Scope(True, "the first build")
    assert changed_events(home) == []


def test_only_rows_that_came_since_the_last_build_are_changed(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1")])
    home.load()
    build(home)
    home.deliver("events", "2024-03-02", "a.ndjson", [event("e2"), event("e1")])
    home.load()

    assert not begin(home).is_full
    assert changed_events(home) == ["e2"]


def test_a_build_that_finds_nothing_new_changes_nothing(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1")])
    home.load()
    build(home)
    home.load()

    assert not build(home).is_full
    assert changed_events(home) == []


def test_a_file_that_is_replaced_shows_the_rows_that_went_and_those_that_came(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("gone"), event("kept")])
    home.load()
    build(home)
    home.deliver("events", "2024-03-01", "a.ndjson", [event("kept"), event("new", feature="x")])
    home.load()
    begin(home)

    assert changed_events(home) == ["gone", "kept", "kept", "new"]


def test_a_new_version_shows_the_old_one_too(home: Home) -> None:
    home.deliver("payments", "2024-03-01", "a.ndjson", [payment("p1", status="pending"), payment("p2")])
    home.load()
    build(home)
    home.deliver("payments", "2024-03-02", "a.ndjson", [payment("p1", "2024-03-02T00:00:00Z", status="failed")])
    home.load()
    begin(home)

    assert changed_payments(home) == [("p1", "failed"), ("p1", "pending")]


def test_a_row_that_comes_back_because_its_successor_was_withdrawn_is_changed(home: Home) -> None:
    home.deliver("payments", "2024-03-01", "a.ndjson", [payment("p1", status="pending")])
    home.deliver("payments", "2024-03-02", "a.ndjson", [payment("p1", "2024-03-02T00:00:00Z", status="failed")])
    home.load()
    build(home)
    home.deliver("payments", "2024-03-02", "a.ndjson", [payment("p9")])
    home.load()
    begin(home)

    assert changed_payments(home) == [("p1", "failed"), ("p1", "pending"), ("p9", "succeeded")]


def test_an_older_version_that_comes_late_changes_nothing(home: Home) -> None:
    home.deliver("payments", "2024-03-02", "a.ndjson", [payment("p1", "2024-03-02T00:00:00Z", status="failed")])
    home.load()
    build(home)
    home.deliver("payments", "2024-03-03", "a.ndjson", [payment("p1", "2024-03-01T00:00:00Z", status="pending")])
    home.load()
    begin(home)

    assert changed_payments(home) == []


def test_changes_of_several_loads_wait_for_the_next_build(home: Home) -> None:
    home.deliver("payments", "2024-03-01", "a.ndjson", [payment("p1", status="pending")])
    home.load()
    build(home)
    for day, status in (("2024-03-02", "failed"), ("2024-03-03", "succeeded")):
        home.deliver("payments", day, "a.ndjson", [payment("p1", f"{day}T00:00:00Z", status=status)])
        home.load()
    begin(home)

    assert set(changed_payments(home)) == {("p1", "pending"), ("p1", "failed"), ("p1", "succeeded")}


def test_a_build_that_did_not_end_makes_the_next_one_full(home: Home) -> None:
    home.load()
    build(home)
    begin(home)

    assert begin(home) == Scope(True, "the last build did not end", former="the build")
    assert not [scope for scope in (build(home), build(home)) if scope.is_full][1:]


def test_other_definitions_make_the_next_build_full_once(home: Home) -> None:
    home.load()
    build(home, "v1")

    assert [build(home, "v2").is_full, build(home, "v2").is_full] == [True, False]


def test_days_to_be_recomputed_count_as_changed_in_the_reporting_time_zone(home: Home) -> None:
    """04:59 UTC is still the day before in New York, 05:00 is not."""
    times = {"before": "03-01T04:59:59", "first": "03-01T05:00:00", "last": "03-03T04:59:59", "after": "03-03T05:00:00"}
    home.deliver("events", "2024-03-03", "a.ndjson", [event(name, f"2024-{at}Z") for name, at in times.items()])
    home.load()
    build(home)
    begin(home, timezone="America/New_York", recompute=Days(date(2024, 3, 1), date(2024, 3, 2)))

    assert changed_events(home) == ["first", "last"]
    assert home.query("select recompute_from, recompute_to from load.progress") == [
        (date(2024, 3, 1), date(2024, 3, 2))
    ]
