"""Deleting by age: what goes, what waits, what is refused afterwards, and that a run that was cut off is completed."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import date
from pathlib import Path

import pytest

from dagster_project.privacy import expire as expiring
from dagster_project.privacy.expire import expire, expire_rows
from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.build.changes import Days, begin_build, complete_build
from dagster_project.warehouse.contract import ContractError, read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.release.releases import publish
from tests.privacy.people import log
from tests.warehouse.homes import Home, event
from tests.warehouse.toys import judge, write_candidate

AS_OF = date(2026, 11, 23)
NO_MODELS = {"nodes": {}, "sources": {}}
HELD = {"platform": "a check failed"}
EVIDENCE = "select place, name, retention, kept_from, removed from load.retention_runs order by all"


def quiet(message: str) -> None:
    """Progress that nobody reads."""


def vital(number: int, at: str) -> dict:
    return {"vital_id": f"v{number}", "measured_at": f"{at}:00Z", "metric": "LCP", "value": 900}


def build(settings: Settings) -> None:
    """As a build that took in everything."""
    feeds = read_contracts().values()
    with open_database(settings.candidate) as connection:
        begin_build(connection, feeds, "definitions", AS_OF, settings.reporting.reporting_timezone)
        complete_build(connection, feeds, "definitions", AS_OF, "the build")


def end_night(home: Home, held_back: dict[str, str] | None = None) -> None:
    """Load, build, judge, publish."""
    home.load()
    write_candidate(home.settings, version=1)
    build(home.settings)
    judge(home.settings, held_back, as_of=AS_OF)
    publish(home.settings, quiet)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Vitals from the 14th to the 18th; 7 days end on the 23rd with the 17th, which begins in New York at 05:00 UTC."""
    home = Home(tmp_path)
    home.settings = Settings(tmp_path, Reporting(reporting_timezone="America/New_York", apply_retention=True))
    home.deliver("web_vitals", "2026-11-14", "a.ndjson", [vital(1, "2026-11-14T12:00"), {"broken": True}])
    home.deliver("web_vitals", "2026-11-16", "a.ndjson", [vital(2, "2026-11-17T04:59"), vital(1, "2026-11-15T12:00")])
    home.deliver("web_vitals", "2026-11-16", "b.ndjson", [vital(3, "2026-11-17T04:59"), vital(4, "2026-11-17T05:00")])
    home.deliver("web_vitals", "2026-11-18", "a.ndjson", [vital(5, "2026-11-18T12:00")])
    home.deliver("app_logs", "2024-03-01", "a.ndjson", [log(1, "old")])
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1")])
    return home


def files(home: Home) -> list[str]:
    landing = home.settings.landing
    return sorted(str(path.relative_to(landing)) for path in landing.rglob("*") if path.is_file())


def ids(home: Home) -> list[str]:
    return [vital_id for (vital_id,) in home.query("select vital_id from raw.web_vitals order by all")]


def test_what_is_past_its_limit_goes_with_its_files_and_texts_and_business_stays(home: Home) -> None:
    end_night(home)
    ledger = home.ledger()

    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)

    assert ids(home) == ["v4", "v5"]
    assert home.query("select count(*) from raw.app_logs") == [(0,)]
    assert files(home) == [
        "events/dt=2024-03-01/a.ndjson",
        "web_vitals/dt=2026-11-16/b.ndjson",  # it holds a row of the 17th
        "web_vitals/dt=2026-11-18/a.ndjson",
    ]
    assert not (home.settings.landing / "web_vitals" / "dt=2026-11-14").exists()
    assert home.ledger() == ledger
    assert [(line, text) for line, _, text in home.quarantine()] == [(2, None)]
    metrics, logs = date(2026, 11, 17), date(2026, 10, 25)
    assert home.query(EVIDENCE) == [
        ("landing", "app_logs", "application_logs", logs, 1),
        ("landing", "web_vitals", "metrics", metrics, 2),
        ("quarantine", "web_vitals", "metrics", metrics, 1),
        ("rows", "raw.app_logs", "application_logs", logs, 1),
        ("rows", "raw.web_vitals", "metrics", metrics, 3),
        ("rows", "superseded.web_vitals", "metrics", metrics, 1),
    ]


def test_a_second_run_changes_nothing(home: Home) -> None:
    end_night(home)
    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)
    evidence = home.query(EVIDENCE)

    assert expire(home.settings, AS_OF, NO_MODELS, quiet)

    assert home.query(EVIDENCE) == evidence
    assert publish(home.settings, quiet).unchanged  # the verdict is still of this candidate


def test_without_the_setting_nothing_is_closed_or_deleted(home: Home) -> None:
    home.settings = Settings(home.settings.home)
    end_night(home)
    before = files(home), ids(home)

    assert expire(home.settings, AS_OF, NO_MODELS, quiet)

    assert (files(home), ids(home)) == before
    assert home.query("select count(*) from load.kept_from") == [(0,)]


def test_a_domain_that_is_held_back_keeps_everything(home: Home) -> None:
    end_night(home, HELD)
    told: list[str] = []

    assert expire_rows(home.settings, AS_OF, NO_MODELS, told.append) == []

    assert ids(home) == ["v1", "v2", "v3", "v4", "v5"]
    assert any("web_vitals" in message and "platform is held back: a check failed" in message for message in told)
    assert home.query("select name from load.kept_from order by all") == [("audit_log",), ("security_events",)]


def test_what_the_models_have_not_taken_in_keeps_everything(home: Home) -> None:
    end_night(home)
    home.deliver("web_vitals", "2026-11-15", "late.ndjson", [vital(6, "2026-11-15T12:00")])
    home.load()

    assert expire_rows(home.settings, AS_OF, NO_MODELS, quiet) == []


def test_rows_of_closed_days_are_quarantined_with_the_reason_and_change_nothing(home: Home) -> None:
    """Closed are the days before the 19th, two days before their rows go."""
    end_night(home)
    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)
    home.deliver(
        "web_vitals", "2026-11-23", "late.ndjson", [vital(7, "2026-11-19T04:59"), vital(8, "2026-11-19T05:00")]
    )
    home.deliver("web_vitals", "2026-11-18", "a.ndjson", [vital(9, "2026-11-18T13:00")])  # in place of v5

    home.load()

    assert home.ledger()["late.ndjson"] == (2, 1, 0, 1)
    reasons = home.query("select line, reason from load.quarantine where file = 'late.ndjson' or dt = '2026-11-18'")
    kept = "measured_at is of a closed day, before 2026-11-19: metrics are kept for 7 days"
    assert sorted(reasons) == [(1, kept), (1, kept)]
    assert ids(home) == ["v4", "v5", "v8"]
    with open_database(home.settings.candidate) as connection:
        scope = begin_build(connection, read_contracts().values(), "definitions", AS_OF, "America/New_York")
    assert not scope.is_full
    assert home.query("select vital_id from changed.web_vitals") == [("v8",)]


@pytest.mark.parametrize(
    ("definitions", "recompute"), [("changed", None), ("definitions", Days(date(2026, 1, 1), AS_OF))]
)
def test_a_full_build_and_a_backfill_see_the_open_days_alone(
    home: Home, definitions: str, recompute: Days | None
) -> None:
    home.deliver("web_vitals", "2026-11-19", "a.ndjson", [vital(6, "2026-11-19T12:00")])
    end_night(home)
    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)

    with open_database(home.settings.candidate) as connection:
        scope = begin_build(connection, read_contracts().values(), definitions, AS_OF, "America/New_York", recompute)

    assert scope.kept_from["web_vitals"] == date(2026, 11, 19)
    assert home.query("select vital_id from changed.web_vitals") == [("v6",)]


def test_an_earlier_as_of_day_reopens_nothing(home: Home) -> None:
    end_night(home)
    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)
    closed = home.query("select * from load.kept_from order by all")

    expire_rows(home.settings, date(2026, 11, 20), NO_MODELS, quiet)

    assert home.query("select * from load.kept_from order by all") == closed


def test_cut_off_before_its_files_are_deleted_it_is_completed_by_the_next_run(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(found: Collection[object]) -> None:
        raise KeyboardInterrupt

    end_night(home)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(expiring, "_unlink", cut)
        expire_rows(home.settings, AS_OF, NO_MODELS, quiet)

    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)

    assert files(home) == [
        "events/dt=2024-03-01/a.ndjson",
        "web_vitals/dt=2026-11-16/b.ndjson",
        "web_vitals/dt=2026-11-18/a.ndjson",
    ]
    counts = home.query(
        "select name, sum(removed) from load.retention_runs where place = 'landing' group by 1 order by 1"
    )
    assert counts == [("app_logs", 1), ("web_vitals", 2)]


def test_a_removed_file_that_is_delivered_again_is_known_and_goes_again(home: Home) -> None:
    end_night(home)
    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)
    home.deliver("web_vitals", "2026-11-14", "a.ndjson", [vital(1, "2026-11-14T12:00"), {"broken": True}])

    end_night(home)
    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)

    assert ids(home) == ["v4", "v5"]
    assert "web_vitals/dt=2026-11-14/a.ndjson" not in files(home)


def test_the_candidate_gives_the_room_of_what_went_back(home: Home) -> None:
    noise = random.Random(1)
    many = [vital(n, "2026-11-10T12:00") | {"page": noise.randbytes(300).hex()} for n in range(100, 20_000)]
    home.deliver("web_vitals", "2026-11-10", "many.ndjson", many)
    end_night(home)
    size = home.settings.candidate.stat().st_size

    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)

    assert home.settings.candidate.stat().st_size < size / 2
    assert ids(home) == ["v4", "v5"]


def test_without_the_candidate_that_holds_figures_of_deleted_days_nothing_is_loaded(home: Home) -> None:
    end_night(home)
    expire_rows(home.settings, AS_OF, NO_MODELS, quiet)
    write_candidate(home.settings, version=2)
    with open_database(home.settings.candidate) as connection:
        connection.execute("create table ops.retention_runs as from load.retention_runs")
    build(home.settings)
    judge(home.settings, as_of=AS_OF)
    publish(home.settings, quiet)
    home.settings.candidate.unlink()

    with pytest.raises(ContractError, match="put back a copy"):
        home.load()
    assert not home.settings.candidate.exists()
