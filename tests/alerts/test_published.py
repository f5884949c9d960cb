"""Alerts in releases: written with the tables they are of, made anew when rules are tuned, listed on a terminal."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.settings import Settings, SettingsError
from dagster_project.warehouse.release.releases import publish
from tests.warehouse.toys import judge, make_settings, night, read

DAY = date(2026, 11, 25)
ALERTS = "select rule, priority, subject, is_ongoing, detail from ops.alerts where rule = 'domain_held_back'"
HELD_BACK = (
    "domain_held_back",
    "P1",
    "finance",
    True,
    "its tables are of 2026-11-23: payments_add_up failed; of later days no alert of it is found",
)


def quiet(message: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose finance was published once and is held back since."""
    settings = make_settings(tmp_path / "home")
    night(settings, 1)
    publish(settings, quiet)
    night(settings, 2)
    judge(settings, {"finance": "payments_add_up failed"}, as_of=DAY)
    publish(settings, quiet)
    return settings


def tune(settings: Settings, text: str) -> None:
    (settings.home / "alerts.yml").write_text(text, encoding="utf-8")


def test_a_release_has_the_alerts_of_its_own_tables(settings: Settings) -> None:
    assert read(settings.current_release, ALERTS) == [HELD_BACK]
    began = read(settings.current_release, "select began_at::varchar from ops.alerts where rule = 'domain_held_back'")
    assert began == [("2026-11-24 00:00:00",)]


def test_another_publish_of_the_same_is_none_until_the_rules_are_tuned(settings: Settings) -> None:
    assert publish(settings, quiet).unchanged
    tune(settings, "rules: {domain_held_back: off}")
    assert not publish(settings, quiet).unchanged
    assert read(settings.current_release, ALERTS) == []
    assert publish(settings, quiet).unchanged


def test_a_tuning_that_can_not_be_used_leaves_the_release_as_it_is(settings: Settings) -> None:
    before = settings.current_release.readlink()
    tune(settings, "rules: {domain_held_back: {days: 3}}")
    with pytest.raises(SettingsError, match=r"alerts.yml: rules: domain_held_back: days is no limit of it"):
        publish(settings, quiet)
    assert settings.current_release.readlink() == before


def test_the_command_lists_by_priority_and_says_what_to_do(settings: Settings) -> None:
    told = CliRunner().invoke(app, ["--home", str(settings.home), "alerts"])
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert lines[0].startswith("as of 2026-11-25: ")
    assert "P1, respond within: 1 hour" in lines
    (row,) = [line for line in lines if "A domain is held back" in line and "since" in line]
    assert row.split()[0] == "ongoing" and "since 2026-11-24 00:00" in row and HELD_BACK[-1] in row
    assert any(line.startswith("A domain is held back: See `warehouse status`") for line in lines)


def test_a_trial_needs_somebody_to_send_to_and_says_who_could_not_be_reached(settings: Settings) -> None:
    run = ["--home", str(settings.home), "alerts", "--try-sending"]
    assert CliRunner().invoke(app, run).exit_code == 2
    tune(settings, "send: {P0: ['json://user:s3cret@127.0.0.1:9']}")  # nobody listens there
    told = CliRunner().invoke(app, run)
    assert told.exit_code == 1
    assert "not sent to json://" in told.output and "s3cret" not in told.output
