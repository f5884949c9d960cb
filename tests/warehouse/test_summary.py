"""What a night says of itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.load.raw_tables import create_tables
from dagster_project.warehouse.release.releases import list_releases, publish
from dagster_project.warehouse.summary import summarise
from tests.warehouse.toys import judge, make_settings, write_candidate


def published_night(settings: Settings, files: list[tuple[datetime, int]]) -> datetime:
    """A release of a candidate that knows files, by when they were loaded with so many lines; when the night began."""
    write_candidate(settings, len(files))
    with duckdb.connect(str(settings.candidate)) as connection:
        create_tables(connection, read_contracts().values())
        connection.execute("drop table finance.payments_daily; drop table product.registrations_daily")
        connection.execute(
            "create or replace table ops.feed_deliveries (loaded_at timestamp, lines bigint, quarantined bigint)"
        )
        connection.executemany("insert into ops.feed_deliveries values (?, ?, 0)", files)
    began = datetime.now(UTC).replace(tzinfo=None)
    judge(settings)
    publish(settings, lambda line: None)
    return began


def test_what_a_killed_run_had_loaded_came_in_and_what_the_release_before_had_did_not(tmp_path: Path) -> None:
    """Also where the file of that release is gone."""
    settings = make_settings(tmp_path / "home", keep_releases=1)
    long_ago = datetime(2026, 1, 1)
    night = summarise(settings, published_night(settings, [(long_ago, 5)]))
    assert (night.files, night.rows_in) == (1, 5)
    [former] = list_releases(settings)
    night = summarise(settings, published_night(settings, [(long_ago, 5), (former.published_at, 7)]))
    assert [release.release_id == former.release_id for release in list_releases(settings)] == [False]
    assert (night.files, night.rows_in) == (1, 7)
