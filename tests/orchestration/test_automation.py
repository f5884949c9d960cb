"""What a tick of the schedule and of the sensor asks for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.defs import automation
from dagster_project.defs.automation import JOB, landing_sensor, nightly_schedule
from dagster_project.defs.home import daily_partitions, local_today, scan_landing
from dagster_project.defs.instance import open_instance
from dagster_project.settings import Settings
from tests.acceptance.homes import Warehouse, payments

NOTHING_NEW = ([], "nothing new in the landing zone")


@pytest.fixture
def instance(warehouse: Warehouse) -> Iterator[dg.DagsterInstance]:
    with open_instance(Settings(warehouse.home)) as instance:
        yield instance


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A home with one delivery, of 2024-03-01."""
    warehouse = Warehouse(tmp_path)
    warehouse.deliver("payments", "2024-03-01", payments("2024-03-01", 1))
    return warehouse


class Ticks:
    """Schedule and sensor of a home with the days that were known when they were made; the job is a stand-in."""

    def __init__(self, warehouse: Warehouse, instance: dg.DagsterInstance) -> None:
        settings = Settings(warehouse.home)
        days = daily_partitions(settings, scan_landing(settings))
        self._schedule, self._sensor = nightly_schedule(settings, days), landing_sensor(settings, days)
        table = dg.asset(lambda: None, name="table", partitions_def=days)
        job = dg.define_asset_job(JOB, selection=[table])
        definitions = dg.Definitions(assets=[table], jobs=[job])
        self._shared = {"instance": instance, "repository_def": definitions.get_repository_def()}
        self._cursor: str | None = None

    def night(self, at: datetime) -> tuple[list[tuple[str | None, str | None]], str | None]:
        """(day, run key) of each run that the schedule asks for, or why there is none."""
        context = dg.build_schedule_context(scheduled_execution_time=at, **self._shared)
        return _asked(self._schedule.evaluate_tick(context))

    def look(self) -> tuple[list[tuple[str | None, str | None]], str | None]:
        """The same of the sensor, which remembers what it saw before."""
        context = dg.build_sensor_context(cursor=self._cursor, **self._shared)
        tick = self._sensor.evaluate_tick(context)
        self._cursor = tick.cursor
        return _asked(tick)


def _asked(tick) -> tuple[list[tuple[str | None, str | None]], str | None]:
    return [(request.partition_key, request.run_key) for request in tick.run_requests or []], tick.skip_message


def test_a_night_runs_for_the_day_that_just_ended(warehouse, instance) -> None:
    ticks = Ticks(warehouse, instance)
    assert ticks.night(datetime(2024, 3, 3, 2, tzinfo=UTC)) == ([("2024-03-02", "2024-03-02")], None)


def test_a_night_in_which_nothing_has_changed_is_passed_over(warehouse, instance, monkeypatch) -> None:
    monkeypatch.setattr(automation, "reason_to_run", lambda settings, day: None if day == date(2024, 3, 2) else "new")
    ticks = Ticks(warehouse, instance)
    told = "nothing has changed since the last night as of 2024-03-02"
    assert ticks.night(datetime(2024, 3, 3, 2, tzinfo=UTC)) == ([], told)
    assert ticks.night(datetime(2024, 3, 2, 2, tzinfo=UTC)) == ([("2024-03-01", "2024-03-01")], None)


def test_a_night_before_the_first_delivery_is_passed_over(warehouse, instance) -> None:
    requests, reason = Ticks(warehouse, instance).night(datetime(2024, 3, 1, 2, tzinfo=UTC))
    assert requests == []
    assert reason is not None and reason.startswith("2024-02-29 is no partition yet")


def test_the_day_that_ends_tonight_needs_no_reload(warehouse, instance) -> None:
    today = local_today(Settings(warehouse.home))
    tonight = datetime.combine(today + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=2)
    [(day, _)], _ = Ticks(warehouse, instance).night(tonight)
    assert day == today.isoformat()


def test_the_sensor_asks_once_for_what_has_landed_and_again_for_what_lands_later(warehouse, instance) -> None:
    ticks = Ticks(warehouse, instance)
    [(first_day, first_key)], _ = ticks.look()
    assert ticks.look() == NOTHING_NEW
    warehouse.deliver("payments", "2024-03-02", payments("2024-03-02", 2))
    [(second_day, second_key)], _ = ticks.look()
    assert (first_day, second_day) == ("2024-03-01", "2024-03-02")
    assert first_key != second_key


def test_the_sensor_sees_that_a_file_is_delivered_again(warehouse, instance) -> None:
    ticks = Ticks(warehouse, instance)
    ticks.look()
    warehouse.deliver("payments", "2024-03-01", payments("2024-03-01", 3))
    [(day, _)], _ = ticks.look()
    assert day == "2024-03-01"


def test_a_file_that_is_still_being_written_wakes_no_sensor(warehouse, instance) -> None:
    ticks = Ticks(warehouse, instance)
    ticks.look()
    warehouse.deliver("payments", "2024-03-01", payments("2024-03-01", 3), name="b.ndjson.tmp")
    assert ticks.look() == NOTHING_NEW


def test_a_delivery_day_that_is_no_partition_yet_is_asked_for_after_a_reload(warehouse, instance) -> None:
    ticks = Ticks(warehouse, instance)
    soon = (local_today(Settings(warehouse.home)) + timedelta(days=3)).isoformat()
    warehouse.deliver("payments", soon, payments("2024-03-01", 1))
    requests, reason = ticks.look()
    assert requests == []
    assert reason is not None and reason.startswith(f"{soon} is no partition yet: reload the definitions")
    [(day, _)], _ = Ticks(warehouse, instance).look()
    assert day == soon


def test_an_empty_landing_zone_asks_for_nothing(warehouse, instance, tmp_path) -> None:
    assert Ticks(Warehouse(tmp_path / "another"), instance).look() == NOTHING_NEW
