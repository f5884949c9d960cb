"""The dbt project as a home gets to know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.build import project
from dagster_project.warehouse.build.project import project_manifest, project_stamp


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What `make setup` left: a parse, and a manifest of the project as it is."""
    settings = Settings(tmp_path / "installed")
    folder = settings.work / "dbt"
    (folder / "parse").mkdir(parents=True)
    (folder / "parse" / "partial_parse.msgpack").write_bytes(b"parsed")
    (folder / f"manifest-{project_stamp()}.json").write_text('{"nodes": {"installed": {}}}')
    monkeypatch.setattr(project, "INSTALLED", settings)
    monkeypatch.setattr(project, "_told", {})
    return folder


def test_a_new_home_begins_with_what_was_parsed_when_the_environment_was_made(installed: Path, tmp_path: Path) -> None:
    home = Settings(tmp_path / "home")
    assert project_manifest(home) == {"nodes": {"installed": {}}}
    assert (home.work / "dbt" / "parse" / "partial_parse.msgpack").read_bytes() == b"parsed"


def test_a_home_that_has_parsed_keeps_its_own(installed: Path, tmp_path: Path) -> None:
    home = Settings(tmp_path / "home")
    (home.work / "dbt").mkdir(parents=True)
    (home.work / "dbt" / f"manifest-{project_stamp()}.json").write_text('{"nodes": {"own": {}}}')
    assert project_manifest(home) == {"nodes": {"own": {}}}
    assert not (home.work / "dbt" / "parse").exists()


def test_what_dbt_reads_of_the_project_is_the_same_with_all_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One parse, with the defaults, serves all homes."""
    usual = project_manifest(Settings(tmp_path / "usual"))
    other = Reporting("EUR", "Asia/Kolkata", 7, 5, 0.25, "sunday")
    monkeypatch.setattr(project, "PARSED_WITH", other)
    monkeypatch.setattr(project, "_told", {})
    monkeypatch.setattr(project, "_parsed", {})
    monkeypatch.setattr(project, "INSTALLED", Settings(tmp_path / "nothing"))

    otherwise = project_manifest(Settings(tmp_path / "other"))

    assert other.dbt_vars().items().isdisjoint(Reporting().dbt_vars().items())
    for kind in ("nodes", "sources", "macros", "unit_tests", "exposures", "metrics", "child_map"):
        assert _without_times(otherwise[kind]) == _without_times(usual[kind])


def _without_times(told: object) -> object:
    """A part of a manifest without when it was made, as dbt writes it down."""
    if isinstance(told, dict):
        return {name: _without_times(value) for name, value in told.items() if name != "created_at"}
    return [_without_times(value) for value in told] if isinstance(told, list) else str(told)
