"""The dbt project as a home gets to know it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.settings import Settings
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
