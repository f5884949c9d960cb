"""Runs of the nightly job in this process: a range of days as one run, and a load that fails for a moment."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shutil import copyfile

import dagster as dg
import pytest

from dagster_project.defs import ingest, warehouse_definitions
from dagster_project.defs.automation import JOB
from dagster_project.defs.home import Warehouse, daily_partitions, scan_landing
from dagster_project.defs.instance import open_instance
from dagster_project.defs.launch import StepError, run_backfill, run_night
from dagster_project.settings import Settings
from dagster_project.simulator import simulate
from dagster_project.warehouse.build.changes import Days
from dagster_project.warehouse.build.project import project_manifest
from dagster_project.warehouse.build.results import Build, read_build, read_tests
from dagster_project.warehouse.build.transform import build_models, last_build, run_tests
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.gate.suites import data_docs
from dagster_project.warehouse.gate.verdict import DOMAINS, read_verdict
from dagster_project.warehouse.load.feeds import load
from dagster_project.warehouse.release.releases import list_releases, open_release
from tests.acceptance.homes import Warehouse as Commands
from tests.acceptance.homes import payments, users

FIRST, LAST, NEWEST = date(2024, 3, 1), date(2024, 3, 3), date(2024, 3, 4)
DAYS = {"2024-03-01", "2024-03-02", "2024-03-03"}


def quiet(step: str, message: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with deliveries of 2024-03-01 and 2024-03-04, before anything has run."""
    commands = Commands(tmp_path_factory.mktemp("home"))
    commands.deliver("payments", "2024-03-01", payments("2024-03-01", 100))
    commands.deliver("users", "2024-03-01", users("2024-03-01", 5))
    commands.deliver("payments", "2024-03-04", payments("2024-03-04", 10))
    return Settings(commands.home)


def test_a_range_of_days_is_one_run_that_materializes_every_day_of_every_asset(home: Settings) -> None:
    run_id = run_backfill(home, Days(FIRST, LAST), quiet)
    graph = warehouse_definitions(home).resolve_asset_graph()
    with open_instance(home) as instance:
        assert [(run.run_id, run.status) for run in instance.get_runs()] == [(run_id, dg.DagsterRunStatus.SUCCESS)]
        materialized = {
            key.to_user_string(): instance.get_materialized_partitions(key) for key in graph.executable_asset_keys
        }
    assert len(materialized) > 60
    assert {name: days for name, days in materialized.items() if days != DAYS} == {}


def test_a_range_publishes_as_of_the_newest_day_known(home: Settings) -> None:
    [release] = list_releases(home)
    assert release.as_of == NEWEST


def test_a_backfill_of_one_day_stays_as_of_the_newest_and_says_what_moved(home: Settings) -> None:
    Commands(home.home).deliver("payments", "2024-03-01", payments("2024-03-01", 90))
    told: list[str] = []
    run_backfill(home, Days(FIRST, FIRST), lambda step, message: told.append(message))
    assert list_releases(home)[0].as_of == NEWEST
    assert "restated: finance.payments_daily: 1 row, 2024-03-01 to 2024-03-01" in told
    moved = "select old_value, new_value, moved_rows, cause from ops.restatements where column_name = 'attempts'"
    assert Commands(home.home).query(moved) == [(100, 90, 1, "backfill")]


def test_a_step_that_is_launched_by_itself_runs_the_checks_of_its_assets_and_judges_nothing(home: Settings) -> None:
    verdict = read_verdict(home)
    job = warehouse_definitions(home).resolve_job_def(JOB)
    load_step = job.asset_layer.asset_graph.get(ingest.feed_key("payments")).execution_set_asset_keys
    with open_instance(home) as instance:
        result = job.execute_in_process(instance=instance, partition_key="2024-03-04", asset_selection=list(load_step))
    assert result.success
    checked = {check.asset_key.path[0] for check in result.get_asset_check_evaluations()}
    assert checked == {"raw"}
    assert read_verdict(home) == verdict


def test_a_night_of_one_feed_tests_what_comes_after_it_and_keeps_what_passed_before(home: Settings) -> None:
    before = read_verdict(home)
    Commands(home.home).deliver("group_members", "2024-03-04", [{"broken": True}])
    run_id = run_night(home, NEWEST, quiet)
    verdict, build = read_verdict(home), read_build(home)
    assert verdict and before and build
    assert {check.check_name for check in verdict.checks} >= {check.check_name for check in before.checks}
    was_run = {result.unique_id for result in [*build.results, *read_tests(home, build.build_id)] if result.seconds}
    assert {"model.warehouse.group_participation_monthly", "model.warehouse.feed_deliveries"} <= was_run
    assert "test.warehouse.source_quarantined_share_at_most_product_group_members_" in {
        name.rpartition(".")[0] for name in was_run
    }
    assert [name for name in was_run if "payments_daily" in name or "web_vitals" in name] == []
    pages = data_docs(home)
    assert "as before: all passed" in (pages / "index.html").read_text()
    assert (pages / "finance.payments_daily.html").exists()
    failed = [check.check_name for check in verdict.checks if not check.passed and check.severity == "error"]
    assert failed == ["source_quarantined_share_at_most_product_group_members"]
    with open_instance(home) as instance:
        events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    checks = [event.get_dagster_event().asset_check_evaluation_data for event in events]
    published = {check.check_name: check.passed for check in checks if check.check_name.endswith("_is_published")}
    assert published == {f"{domain}_is_published": domain != "product" for domain in DOMAINS}


def load_that_fails(times: int):
    """The loader, which breaks off so many times after it has done its work."""
    real, failures = ingest.load, iter(range(times))

    def load(settings: Settings, report):
        summary = real(settings, report)
        if next(failures, None) is not None:
            raise OSError(116, "Stale file handle")
        return summary

    return load


def run_load(home: Settings) -> dg.ExecuteInProcessResult:
    """Run the load step alone."""
    days = daily_partitions(home, scan_landing(home))
    step = ingest.load_assets(read_contracts(), project_manifest(home), days)
    with open_instance(home) as instance:
        resources = {"warehouse": Warehouse(home=str(home.home))}
        return dg.materialize([step], instance=instance, partition_key="2024-03-01", resources=resources)


def test_results_of_another_candidate_than_the_one_that_is_there_count_for_nothing(home: Settings) -> None:
    """A copy was put back: what passed after the newer build was not made of it."""
    copy, as_of = home.home / "copy.duckdb", date(2024, 3, 5)

    def tested_build() -> Build:
        load(home, report=lambda line: None)
        build_models(home, as_of, report=lambda line: None)
        assert run_tests(home, as_of, report=lambda line: None)
        return last_build(home)

    copyfile(home.candidate, copy)
    Commands(home.home).deliver("payments", "2024-03-05", payments("2024-03-05", 3))
    assert tested_build().follows is not None
    copyfile(copy, home.candidate)
    again = tested_build()
    assert (again.based_on, again.follows) == (None, None)


def test_a_model_that_fails_holds_its_own_domain_back_alone_also_in_a_first_night(tmp_path: Path) -> None:
    """What is judged of the others is as of this night, though the build as a whole did not end."""
    settings = Settings(tmp_path)
    simulate(settings.landing, 30, 7, 7, FIRST, report=lambda line: None)
    load(settings, report=lambda line: None)
    with open_database(settings.candidate) as connection:  # a table that none can take the place of
        connection.execute("create schema platform; create table platform.errors_daily (id int primary key)")
        connection.execute("create table platform.other (id int references platform.errors_daily (id))")
    night = date(2024, 3, 7)
    run_night(settings, night, quiet)
    with open_release(settings) as connection:
        freshness = dict(connection.execute("select domain, as_of from ops.domain_freshness").fetchall())
    assert freshness == dict.fromkeys(DOMAINS, night) | {"platform": None}


def test_a_disk_that_fails_twice_delays_a_load_and_loses_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(ingest, "RETRIES", dg.RetryPolicy(max_retries=ingest.RETRIES.max_retries))
    monkeypatch.setattr(ingest, "load", load_that_fails(2))
    commands = Commands(tmp_path)
    commands.deliver("payments", "2024-03-01", [*payments("2024-03-01", 7), {"broken": True}])
    result = run_load(Settings(tmp_path))
    assert result.success
    assert [event.event_type_value for event in result.all_events].count("STEP_RESTARTED") == 2
    assert commands.candidate("select lines, loaded, duplicates, quarantined from load.deliveries") == [(8, 7, 0, 1)]
    assert commands.candidate("select count(*) from raw.payments") == [(7,)]


def test_a_disk_that_goes_on_failing_ends_the_run_with_what_it_said(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(ingest, "RETRIES", dg.RetryPolicy(max_retries=1))
    monkeypatch.setattr(ingest, "load", load_that_fails(2))
    Commands(tmp_path).deliver("payments", "2024-03-01", payments("2024-03-01", 1))
    with pytest.raises(StepError, match="Stale file handle"):
        run_night(Settings(tmp_path), FIRST, quiet)
    assert list_releases(Settings(tmp_path)) == []
