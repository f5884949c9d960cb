"""One hand-written script over the landed files gives the tables that the nights arrived at."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.benchmarks.floor.compare import differences
from tests.benchmarks.floor.floor import NOT_COMPUTED, write_floor
from tests.incremental.conftest import DAYS, START
from tests.incremental.nights import Nights


def test_a_hand_written_script_computes_the_same_figures(sample: tuple[Nights, Nights], tmp_path: Path) -> None:
    nightly, _ = sample
    write_floor(nightly.settings.home, tmp_path / "floor.duckdb", START + timedelta(days=DAYS - 1))
    found = differences(tmp_path / "floor.duckdb", nightly.settings.candidate)
    assert found == dict.fromkeys(sorted({*nightly.tables()} - NOT_COMPUTED), 0)
