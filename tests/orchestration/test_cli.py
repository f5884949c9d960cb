"""The command line before anything ran, and when it is used wrongly."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.cli.app import utc_now
from dagster_project.cli.nights import _slip
from dagster_project.settings import Settings
from tests.acceptance.homes import Warehouse
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release

COMMANDS = ["nightly", "backfill", "sample", "status", "releases", "rollback", "approve", "query"]
COMMANDS += ["docs", "dashboards", "export-metrics", "erase", "retain", "alerts"]


NOWHERE = ["export-metrics", "--output", "/no/such/folder/metrics"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_text(tmp_path: Path, command: str) -> None:
    result = Warehouse(tmp_path).run(command, "--help")
    assert result.returncode == 0
    assert "Usage: warehouse" in result.stdout


def test_status_answers_before_anything_ever_ran(tmp_path: Path) -> None:
    result = Warehouse(tmp_path).run("status")
    assert result.returncode == 0, result.stderr
    assert "payments" in result.stdout


@pytest.mark.parametrize(
    "arguments", [["nightly"], ["query", "select 1"], ["rollback"], ["approve"], ["no-such-command"], NOWHERE]
)
def test_what_can_not_be_done_yet_is_wrong_usage_with_a_message(tmp_path: Path, arguments: list[str]) -> None:
    result = Warehouse(tmp_path).run(*arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert result.stderr.strip() or result.stdout.strip()


OPTIONS = {
    "query": ["select 1"],
    "erase": ["--user", "u-1"],
    "backfill": ["--from", "2026-01-01", "--to", "2026-01-02"],
    "export-metrics": ["--output", "-"],
}


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"sample"}))
def test_a_misspelt_home_is_not_made(tmp_path: Path, command: str) -> None:
    told = CliRunner().invoke(app, ["--home", str(tmp_path / "hoem"), command, *OPTIONS.get(command, [])])
    assert (told.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert str(tmp_path / "hoem") in told.output


def test_a_home_of_which_only_releases_are_left_is_one(tmp_path: Path) -> None:
    write_toy_release(tmp_path / "published" / "releases" / f"{RELEASE_ID}.duckdb")
    result = Warehouse(tmp_path).run("rollback", RELEASE_ID)
    assert "there is no release" not in result.stderr and "no warehouse home" not in result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert (result.returncode, (tmp_path / "published" / "warehouse.duckdb").is_symlink()) == (0, True)


def test_a_day_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    result = Warehouse(tmp_path).run("nightly", "--as-of", "2026-02-30")
    assert result.returncode == 2
    assert "expected a day such as 2026-01-31, found '2026-02-30'" in " ".join(result.stderr.replace("│", "").split())


@pytest.mark.parametrize("start", ["1899-12-31", "2199-01-01"])
def test_a_sample_that_could_not_be_loaded_is_not_written(tmp_path: Path, start: str) -> None:
    result = Warehouse(tmp_path).run("sample", "--users", "1", "--days", "1", "--start", start)
    assert (result.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "deliveries are of 1900-01-01 to" in result.stderr


def test_a_newest_delivery_day_that_is_to_come_is_told_of(tmp_path: Path) -> None:
    settings, today = Settings(tmp_path), utc_now().date()
    assert _slip(settings, today + timedelta(days=1)) is None
    told = _slip(settings, today + timedelta(days=97))
    assert told is not None and "97 days to come" in told
    assert f"remove that folder from {settings.landing}" in told


def test_measurements_are_kept_no_longer_than_what_is_made_of_them(tmp_path: Path) -> None:
    (tmp_path / "settings.yml").write_text("metrics_raw_days: 91\n", encoding="utf-8")
    result = Warehouse(tmp_path).run("nightly")
    assert result.returncode == 2
    assert "metrics_raw_days <= metrics_aggregated_days" in result.stderr


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.yml").write_text("reporting_curency: EUR\n", encoding="utf-8")
    result = Warehouse(tmp_path).run("nightly")
    assert result.returncode == 2
    assert "reporting_curency" in result.stderr + result.stdout
