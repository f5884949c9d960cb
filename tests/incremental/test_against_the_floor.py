"""One hand-written script over the landed files gives the tables that the nights arrived at, and so does one by day."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

from tests.benchmarks.floor import incremental
from tests.benchmarks.floor.compare import differences
from tests.benchmarks.floor.floor import NOT_COMPUTED, write_floor
from tests.incremental.conftest import DAYS, START
from tests.incremental.nights import Nights

LAST_DAY = START + timedelta(days=DAYS - 1)


def test_a_hand_written_script_computes_the_same_figures(sample: tuple[Nights, Nights], tmp_path: Path) -> None:
    nightly, _ = sample
    write_floor(nightly.settings.home, tmp_path / "floor.duckdb", LAST_DAY)
    found = differences(tmp_path / "floor.duckdb", nightly.settings.candidate)
    assert found == dict.fromkeys(sorted({*nightly.tables()} - NOT_COMPUTED), 0)


def test_a_hand_written_incremental_script_computes_the_same_figures(
    sample: tuple[Nights, Nights], tmp_path: Path
) -> None:
    nightly, _ = sample
    home, database = Nights(tmp_path / "home"), tmp_path / "incremental.duckdb"
    begun = LAST_DAY - timedelta(days=8)
    _hand_over(nightly, home, START, begun)
    incremental.begin(home.settings.home, database, begun)
    for number in range(8):
        day = begun + timedelta(days=number + 1)
        _hand_over(nightly, home, day, day)
        incremental.take_in(home.settings.home, database, day)

    found = differences(database, nightly.settings.candidate)

    expected = {table for table in nightly.tables() if table.split(".")[0] in incremental.DOMAINS}
    assert found == dict.fromkeys(sorted(expected - NOT_COMPUTED), 0)


def _hand_over(source: Nights, target: Nights, first: date, last: date) -> None:
    for feed in incremental.KEYS:
        for folder in (source.settings.landing / feed).glob("dt=*"):
            if first <= date.fromisoformat(folder.name.removeprefix("dt=")) <= last:
                shutil.copytree(folder, target.settings.landing / feed / folder.name)
