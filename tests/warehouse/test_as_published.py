"""Which release was current at the end of a day."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.release import releases as release
from dagster_project.warehouse.release.as_published import as_published
from dagster_project.warehouse.release.releases import ReleaseError, publish, rollback
from dagster_project.warehouse.release.switches import note_switch
from tests.warehouse.toys import night

FIRST, SECOND, THIRD = "20240301T020000Z", "20240302T020000Z", "20240303T020000Z"
Clock = Callable[[datetime], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", Reporting(reporting_timezone="America/New_York", keep_releases=2))


@pytest.fixture
def at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A function that lets what follows happen at a time: releases, and the link to the current one, are of then."""
    moments: list[datetime] = []
    point_to = release.release_files.point_to

    def point(to: Settings, release_id: str) -> None:
        point_to(to, release_id)
        seconds = moments[-1].replace(tzinfo=UTC).timestamp()
        os.utime(to.current_release, (seconds, seconds), follow_symlinks=False)

    monkeypatch.setattr(release.release_files, "point_to", point)
    monkeypatch.setattr(release, "_utc_now", lambda: moments[-1])
    return moments.append


@pytest.fixture
def published(settings: Settings, at: Clock) -> Settings:
    """Releases of three nights at 02:00 UTC, 21:00 of the day before in New York; only two are retained."""
    for day in (1, 2, 3):
        at(datetime(2024, 3, day, 2))
        night(settings, day)
        publish(settings, report=lambda _: None)
    return settings


def test_the_release_current_at_the_days_end_in_the_reporting_time_zone_answers(published) -> None:
    assert as_published(published, date(2024, 3, 1)) == SECOND
    assert as_published(published, date(2024, 3, 2)) == THIRD
    assert as_published(published, date(2024, 6, 1)) == THIRD


def test_a_release_that_is_retained_no_more_is_named_with_the_oldest_that_is(published) -> None:
    with pytest.raises(ReleaseError, match=f"{FIRST}, current at the end of 2024-02-29 .* retained no more.*{SECOND}"):
        as_published(published, date(2024, 2, 29))


def test_a_day_before_the_first_release_and_one_to_come_have_none(published) -> None:
    with pytest.raises(ReleaseError, match="no release was current at the end of 2024-02-28"):
        as_published(published, date(2024, 2, 28))
    with pytest.raises(ReleaseError, match="still to come"):
        as_published(published, date(2999, 1, 1))


def test_a_rollback_counts_from_its_day_on(published, at) -> None:
    at(datetime(2024, 3, 5, 12))
    rollback(published, SECOND)
    assert as_published(published, date(2024, 3, 4)) == THIRD
    assert as_published(published, date(2024, 3, 5)) == SECOND


def test_a_rollback_that_was_killed_before_it_was_noted_is_noted_by_the_next_switch(published, at) -> None:
    at(datetime(2024, 3, 5, 12))
    release.release_files.point_to(published, SECOND)
    assert as_published(published, date(2024, 3, 5)) == SECOND
    at(datetime(2024, 3, 7, 12))
    rollback(published, THIRD)
    assert as_published(published, date(2024, 3, 6)) == SECOND
    assert as_published(published, date(2024, 3, 7)) == THIRD


def test_without_notes_the_releases_own_times_tell(published) -> None:
    published.switches.unlink()
    note_switch(published)
    assert as_published(published, date(2024, 3, 1)) == SECOND
    assert as_published(published, date(2024, 3, 2)) == THIRD
