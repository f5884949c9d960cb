"""`warehouse erase` and `warehouse retain` as a user runs them: what they print, and how they end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.privacy.people import ANNA, EMAIL, HERS, found_in
from tests.privacy.test_erasure import tree
from tests.warehouse.homes import Home


def warehouse(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dagster_project.cli", "--home", str(home), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_erase_prints_a_receipt_that_names_no_value_and_ends_with_0(home: Home) -> None:
    result = warehouse(home.settings.home, "erase", "--user", ANNA)

    assert result.returncode == 0, result.stderr
    assert "raw.users" in result.stdout
    assert EMAIL not in result.stdout
    assert found_in(home.settings.home, HERS) == []


def test_what_has_to_be_removed_by_hand_is_named_and_ends_with_1(home: Home) -> None:
    (home.settings.work / "memory.bin").write_bytes(b"\0\1" + ANNA.encode())

    result = warehouse(home.settings.home, "erase", "--user", ANNA)

    assert result.returncode == 1
    assert "memory.bin" in result.stdout


def test_somebody_unknown_is_wrong_usage(home: Home) -> None:
    result = warehouse(home.settings.home, "erase", "--user", "u-9")

    assert result.returncode == 2
    assert "u-9" in result.stderr


@pytest.mark.parametrize("word", ["payments", "EUR", ANNA.upper(), "web"])
def test_a_word_that_is_nobodys_id_is_taken_out_of_no_text(home: Home, word: str) -> None:
    before = tree(home.settings.home)

    result = warehouse(home.settings.home, "erase", "--user", word)

    assert result.returncode == 2
    assert f"knows no user '{word}'" in result.stderr
    assert (f"there is {ANNA}" in result.stderr) == (word == ANNA.upper())
    assert tree(home.settings.home) == before


def test_an_id_that_is_left_in_texts_alone_is_erased_by_force(home: Home) -> None:
    log = home.settings.work / "logs" / "some.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("u-99 called\n", encoding="utf-8")

    result = warehouse(home.settings.home, "erase", "--user", "u-99", "--force")

    assert result.returncode == 0, result.stderr
    assert log.read_text(encoding="utf-8") == "(erased) called\n"


@pytest.mark.parametrize("given", ["another", ""])
def test_an_erasure_with_another_key_than_the_load_had_or_none_is_wrong_usage(
    home: Home, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """What comes again is known by its hash: under another key it would not be kept out."""
    monkeypatch.setenv("WAREHOUSE_PII_KEY", given)
    (home.settings.home / "pii.key").unlink()
    before = tree(home.settings.home)

    result = warehouse(home.settings.home, "erase", "--user", ANNA)

    assert result.returncode == 2
    assert "another key" in result.stderr
    assert tree(home.settings.home) == before


def test_a_folder_that_is_no_home_is_wrong_usage_and_stays_empty(tmp_path: Path) -> None:
    result = warehouse(tmp_path, "erase", "--user", ANNA)

    assert result.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_retain_deletes_nothing_where_the_home_does_not_say_so_and_tells_how_to(tmp_path: Path) -> None:
    result = warehouse(tmp_path, "retain")

    assert result.returncode == 2
    assert "apply_retention: true" in result.stderr
    assert "--dry-run" in result.stderr


def test_retain_as_of_a_day_to_come_is_wrong_usage(home: Home) -> None:
    result = warehouse(home.settings.home, "retain", "--dry-run", "--as-of", "2999-01-01")

    assert result.returncode == 2
    assert "day to come" in result.stderr


def test_a_dry_run_says_what_would_go_and_why_it_stays_as_yet(home: Home) -> None:
    result = warehouse(home.settings.home, "retain", "--dry-run", "--as-of", "2026-01-01")

    assert result.returncode == 0, result.stderr
    assert "raw.api_requests" in result.stdout
    assert "the models were not built yet" in result.stdout
