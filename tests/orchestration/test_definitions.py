"""What Dagster's UI shows: it loads, and its lineage leads from a feed to the tables that readers get."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.defs import warehouse_definitions
from dagster_project.defs.gate import FEED_CHECK, feed_results
from dagster_project.settings import Settings
from dagster_project.warehouse.gate.verdict import Check


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return warehouse_definitions(Settings(tmp_path_factory.mktemp("home")))


def test_dagster_validates_the_definitions(tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("dagster")),
        "definitions",
        "validate",
        "-m",
        "dagster_project.definitions",
    ]
    environment = {**os.environ, "WAREHOUSE_HOME": str(tmp_path / "home"), "DAGSTER_HOME": str(tmp_path)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr


def test_lineage_leads_from_a_feed_to_the_published_table(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    reached, waiting = set(), [dg.AssetKey(["published", "finance", "payments_daily"])]
    while waiting:
        key = waiting.pop()
        reached.add(key)
        waiting += [parent for parent in graph.get(key).parent_keys if parent not in reached]
    assert {dg.AssetKey(["raw", "payments"]), dg.AssetKey(["finance", "payments_daily"])} <= reached
    assert dg.AssetKey(["gate", "verdict"]) in reached


def test_every_feed_is_an_asset_and_checks_are_shown(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert sum(key.path[0] == "raw" for key in graph.get_all_asset_keys()) == 20
    assert any("assert_every_amount_has_a_rate" in key.name for key in graph.asset_check_keys)
    assert sum(key.name == FEED_CHECK for key in graph.asset_check_keys) == 20


def test_a_lacking_delivery_is_a_warning_at_its_raw_asset_and_a_young_feed_says_that_it_can_not_be_judged() -> None:
    missing = Check(
        "raw.payments is delivered as expected", "finance", "dbt", "warn", False, "2024-03-01: missing", "no file came"
    )
    lacking, young = feed_results(["payments", "refunds"], [missing])
    assert lacking.asset_key == dg.AssetKey(["raw", "payments"])
    assert (lacking.passed, lacking.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert lacking.metadata["detail"].value == "no file came"
    assert (young.passed, young.metadata["newest"].value) == (True, "not enough history")


def test_the_night_is_scheduled_at_two_and_the_sensor_waits_to_be_switched_on(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("every_night")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "UTC")
    assert definitions.resolve_sensor_def("newly_landed_files").default_status == dg.DefaultSensorStatus.STOPPED
