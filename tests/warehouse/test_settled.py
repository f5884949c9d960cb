"""A night is passed over only where nothing that it looks at has changed since one that left nothing to be done."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse import code
from dagster_project.warehouse.build.changes import begin_build, complete_build
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.release.files import retained_ids
from dagster_project.warehouse.release.releases import publish, rollback
from dagster_project.warehouse.settled import reason_to_run, settle, settled_file
from tests.warehouse.homes import Home, event
from tests.warehouse.toys import PASSED, judge, write_candidate

DAY = date(2024, 3, 1)
LEFT = "the last night left something to be done"


def quiet(message: str) -> None:
    """Progress that nobody reads."""


def build(settings: Settings, version: int = 1, completely: bool = True) -> None:
    """Tables of this version; without their last step where not `completely`."""
    write_candidate(settings, version)
    feeds = read_contracts().values()
    with open_database(settings.candidate) as connection:
        begin_build(connection, feeds, "definitions", DAY, "UTC")
        if completely:
            complete_build(connection, feeds, "definitions", DAY, "the build")
    (settings.work / "build_results.json").write_text("{}")


def end_night(settings: Settings, **judgement) -> None:
    """Judge, publish and settle, as the job does."""
    judge(settings, as_of=DAY, **judgement)
    settle(settings, publish(settings, quiet).as_of)


@pytest.fixture(scope="module")
def after_two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in whose second night everything that lies there was loaded, built, judged and published."""
    home = Home(tmp_path_factory.mktemp("after_two_nights"))
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1"), {"broken": True}])
    home.deliver("events", "2024-03-01", "notes.txt", "no delivery")
    home.load()
    for version in (1, 2):
        build(home.settings, version)
        end_night(home.settings)
    return home.settings.home


@pytest.fixture
def quiet_home(after_two_nights: Path, tmp_path: Path) -> Home:
    """A copy of it: the loader meets the same content at another place, and nothing else is left to be done."""
    home = Home(tmp_path / "home")
    shutil.copytree(after_two_nights, home.settings.home, symlinks=True)
    home.load()
    settle(home.settings, DAY)
    return home


def test_after_a_night_that_left_nothing_to_be_done_there_is_no_reason_for_another(quiet_home: Home) -> None:
    assert reason_to_run(quiet_home.settings, DAY) is None
    assert reason_to_run(Settings(quiet_home.settings.home), DAY) is None


def test_before_the_first_night_there_is_a_reason(home: Home) -> None:
    assert reason_to_run(home.settings, DAY) == LEFT


def test_another_day_or_setting_is_a_reason(quiet_home: Home) -> None:
    settings = quiet_home.settings
    assert reason_to_run(settings, date(2024, 3, 2)) == "changed: as-of day"
    for other in (Reporting(reporting_currency="EUR"), Reporting(keep_releases=1)):
        assert reason_to_run(replace(settings, reporting=other), DAY) == "changed: settings"


def change_file(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def write_to_candidate(home: Home) -> None:
    with duckdb.connect(str(home.settings.candidate)) as connection:
        connection.execute("create table scratch (a int)")


CHANGES: dict[str, tuple[Callable[[Home], object], str]] = {
    "a new file": (lambda home: home.deliver("users", "2024-03-01", "a.ndjson", []), "landing zone"),
    "other content": (lambda home: home.deliver("events", "2024-03-01", "a.ndjson", [event("e2")]), "landing zone"),
    "a file that is gone": (lambda home: next(home.settings.landing.rglob("a.ndjson")).unlink(), "landing zone"),
    "a thing that is no delivery": (lambda home: home.deliver("events", "soon", "a.txt", ""), "landing zone"),
    "an erased person": (lambda home: home.settings.erased.write_text("[]"), "erasures"),
    "an erasure that was killed": (lambda home: home.settings.erasing.joinpath("u1").mkdir(parents=True), "erasures"),
    "a lost key": (lambda home: (home.settings.home / "pii.key").unlink(), "erasures"),
    "tuned alerts": (lambda home: (home.settings.home / "alerts.yml").touch(), "alerts"),
    "a write to the candidate": (write_to_candidate, "candidate"),
    "no candidate": (lambda home: home.settings.candidate.unlink(), "candidate"),
    "a log of a killed writer": (lambda home: (home.settings.work / "warehouse.duckdb.wal").touch(), "candidate"),
    "no verdict": (lambda home: (home.settings.work / "verdict.json").unlink(), "work files"),
    "another verdict": (lambda home: change_file(home.settings.work / "verdict.json"), "work files"),
    "no results of a build": (lambda home: (home.settings.work / "build_results.json").unlink(), "work files"),
    "a rollback": (lambda home: rollback(home.settings, report=quiet), "releases"),
    "no current release": (lambda home: home.settings.current_release.unlink(), "releases"),
    "a release that was removed": (lambda home: min(home.settings.releases.iterdir()).unlink(), "releases"),
    "half a release": (lambda home: (home.settings.releases / ".x.tmp").touch(), "releases"),
    "a link of a killed publish": (lambda home: (home.settings.published / ".x.link").touch(), "releases"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_of_these_is_a_reason(quiet_home: Home, name: str) -> None:
    change, part = CHANGES[name]
    change(quiet_home)
    assert reason_to_run(quiet_home.settings, DAY) == f"changed: {part}"


@pytest.mark.parametrize("file", ["model.sql", "suite.py", "contract.yml"])
def test_changed_code_is_a_reason(quiet_home: Home, tmp_path_factory, monkeypatch, file: str) -> None:
    folder = tmp_path_factory.mktemp("code")
    (folder / file).write_text("one")
    monkeypatch.setattr(code, "FOLDERS", [folder])
    settle(quiet_home.settings, DAY)
    assert reason_to_run(quiet_home.settings, DAY) is None
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "suite.pyc").touch()
    assert reason_to_run(quiet_home.settings, DAY) is None
    change_file(folder / file)
    assert reason_to_run(quiet_home.settings, DAY) == "changed: code"


def test_another_version_of_a_package_is_a_reason(quiet_home: Home, tmp_path_factory, monkeypatch) -> None:
    packages = tmp_path_factory.mktemp("packages")
    (packages / "dbt_core-1.11.16.dist-info").mkdir()
    monkeypatch.syspath_prepend(packages)
    assert reason_to_run(quiet_home.settings, DAY) == "changed: packages"


def test_what_only_reads_is_no_reason(quiet_home: Home) -> None:
    quiet_home.query("select * from raw.events")
    rollback(quiet_home.settings, report=quiet)
    rollback(quiet_home.settings, retained_ids(quiet_home.settings)[-1], quiet)
    assert reason_to_run(quiet_home.settings, DAY) is None


def test_a_night_that_held_a_domain_back_is_run_again(quiet_home: Home) -> None:
    failed = replace(PASSED, passed=False)
    end_night(quiet_home.settings, held_back={"finance": "unique_payments failed"}, checks=(failed,))
    assert reason_to_run(quiet_home.settings, DAY) == LEFT


def test_a_night_with_a_failed_warning_is_not_run_again(quiet_home: Home) -> None:
    end_night(quiet_home.settings, checks=(replace(PASSED, passed=False, severity="warn"),))
    assert reason_to_run(quiet_home.settings, DAY) is None


def test_a_build_that_did_not_end_is_run_again(quiet_home: Home) -> None:
    build(quiet_home.settings, 3, completely=False)
    end_night(quiet_home.settings)
    assert reason_to_run(quiet_home.settings, DAY) == LEFT


def test_what_lands_during_a_night_is_taken_in_by_the_next(quiet_home: Home) -> None:
    build(quiet_home.settings, 3)
    quiet_home.deliver("events", "2024-03-01", "b.ndjson", [event("e2")])
    end_night(quiet_home.settings)
    assert reason_to_run(quiet_home.settings, DAY) == LEFT


def test_what_was_loaded_after_the_build_is_built_by_the_next_night(quiet_home: Home) -> None:
    build(quiet_home.settings, 3)
    quiet_home.deliver("events", "2024-03-01", "b.ndjson", [event("e2")])
    quiet_home.load()
    end_night(quiet_home.settings)
    assert reason_to_run(quiet_home.settings, DAY) == LEFT


def test_a_file_that_could_not_be_read_is_tried_again(quiet_home: Home) -> None:
    with duckdb.connect(str(quiet_home.settings.candidate)) as connection:
        connection.execute("insert into load.problems values ('events/a.ndjson', 'could not be read: Stale handle')")
    end_night(quiet_home.settings)
    assert reason_to_run(quiet_home.settings, DAY) == LEFT


def test_half_a_picture_is_a_reason(quiet_home: Home) -> None:
    settled_file(quiet_home.settings).write_text('{"as-of')
    assert reason_to_run(quiet_home.settings, DAY) == LEFT
