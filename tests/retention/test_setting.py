"""Retention is off unless settings.yml or the environment says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from dagster_project.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("file", "environment", "expected"),
    [
        (None, None, False),
        ("apply_retention: true", None, True),
        ("apply_retention: true", "off", False),
        (None, "1", True),
        (None, "", False),
    ],
)
def test_the_environment_stands_above_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str | None, environment: str | None, expected: bool
) -> None:
    monkeypatch.delenv("WAREHOUSE_RETENTION", raising=False)
    if file:
        (tmp_path / "settings.yml").write_text(file)
    if environment is not None:
        monkeypatch.setenv("WAREHOUSE_RETENTION", environment)

    assert load_settings(tmp_path).reporting.apply_retention is expected


def test_what_is_neither_on_nor_off_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_RETENTION", "maybe")
    with pytest.raises(SettingsError, match=r"WAREHOUSE_RETENTION.*'maybe'"):
        load_settings(tmp_path)

    monkeypatch.setenv("WAREHOUSE_RETENTION", "")
    (tmp_path / "settings.yml").write_text("apply_retention: 1")
    with pytest.raises(SettingsError, match="apply_retention: expected a value like False"):
        load_settings(tmp_path)


def test_no_model_reads_it_so_that_switching_it_rebuilds_nothing(tmp_path: Path) -> None:
    assert "apply_retention" not in load_settings(tmp_path).reporting.dbt_vars()
