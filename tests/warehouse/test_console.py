"""What is printed does no more than to be read."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from dagster_project.console.nights import _command, _next_steps
from dagster_project.console.rows import print_rows
from dagster_project.exit_codes import UsageError
from dagster_project.settings import DEFAULT_HOME, Settings


def test_text_that_a_spreadsheet_would_run_is_text_in_csv(capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a=1", ""]
    print_rows(["text", "number"], [(text, -1) for text in texts], "csv")
    found = list(csv.reader(io.StringIO(capsys.readouterr().out)))[1:]
    assert [text for text, _ in found] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "a=1", ""]
    assert {number for _, number in found} == {"-1"}


def test_what_is_no_number_of_json_is_null_there(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(["value"], [(float("nan"),), (float("-inf"),), (1.5,), (None,)], "json")
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found == [{"value": None}, {"value": None}, {"value": 1.5}, {"value": None}]


def test_two_columns_of_one_name_are_refused_where_one_would_be_lost(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="two columns of one name"):
        print_rows(["day", "day"], [(1, 2)], "json")
    print_rows(["day", "day"], [(1, 2)], "csv")
    assert capsys.readouterr().out == "day,day\n1,2\n"


def test_control_characters_in_data_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(["text"], [("\x1b[31mred\x9b0m\x07[bold]",)], "table")
    shown = capsys.readouterr().out
    assert "\ufffd[31mred\ufffd0m\ufffd[bold]" in shown
    assert "\x1b" not in shown


def test_the_command_to_go_on_with_is_one_that_a_shell_finds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = tmp_path / "an environment" / "bin" / "warehouse"
    command.parent.mkdir(parents=True)
    command.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(command.with_name("python")))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _command() == f"'{command}'"
    monkeypatch.chdir(tmp_path)
    assert _command() == "'an environment/bin/warehouse'"
    monkeypatch.setenv("PATH", str(command.parent))
    assert _command() == "warehouse"


def test_next_steps_name_a_home_that_was_told_for_one_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WAREHOUSE_HOME", str(tmp_path))
    steps = _next_steps(Settings(tmp_path), [])
    assert steps["feeds and quarantine"].startswith(f"WAREHOUSE_HOME={tmp_path} ")
    assert steps["lineage, checks, runs"] == f"WAREHOUSE_HOME={tmp_path} make dev"
    assert _next_steps(Settings(DEFAULT_HOME), [])["lineage, checks, runs"] == "make dev"
