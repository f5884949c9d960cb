"""The command line before anything ran, and when it is used wrongly."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = ["nightly", "backfill", "sample", "status", "releases", "rollback", "query", "erase", "retain"]


def warehouse(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WAREHOUSE_HOME": str(home)}
    command = [sys.executable, "-m", "dagster_project.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_text(tmp_path: Path, command: str) -> None:
    result = warehouse(tmp_path, command, "--help")
    assert result.returncode == 0
    assert "Usage: warehouse" in result.stdout


def test_status_answers_before_anything_ever_ran(tmp_path: Path) -> None:
    result = warehouse(tmp_path, "status")
    assert result.returncode == 0, result.stderr
    assert "payments" in result.stdout


@pytest.mark.parametrize("arguments", [["nightly"], ["query", "select 1"], ["rollback"], ["no-such-command"]])
def test_what_can_not_be_done_yet_is_wrong_usage_with_a_message(tmp_path: Path, arguments: list[str]) -> None:
    result = warehouse(tmp_path, *arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert result.stderr.strip() or result.stdout.strip()


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.yml").write_text("reporting_curency: EUR\n", encoding="utf-8")
    result = warehouse(tmp_path, "nightly")
    assert result.returncode == 2
    assert "reporting_curency" in result.stderr + result.stdout
