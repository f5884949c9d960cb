"""Mutated files of every feed and format: every record is loaded with its value or quarantined, as a slow reader says.

`make storms` tries many more files than a test run can afford.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.storms.weather import Tally, storm

FILES = int(os.environ.get("WAREHOUSE_STORM_FILES", "120"))
SEED = int(os.environ.get("WAREHOUSE_STORM_SEED", "20240401"))
FILES_A_LOAD = 500
# A tally in the words of the page of promises.
COUNTED = {
    "files": "files",
    "broken_files": "of them beyond reading",
    "records": "records",
    "loaded": "of them loaded",
    "open": "of them open to both",
}


@pytest.mark.parametrize("first", range(0, FILES, FILES_A_LOAD))
def test_every_record_of_mutated_files_is_accounted_for(
    tmp_path: Path, first: int, record_property: Callable[[str, object], None]
) -> None:
    tally = Tally()
    problems = storm(tmp_path, SEED, range(first, min(first + FILES_A_LOAD, FILES)), tally)
    for what, count in asdict(tally).items():
        record_property(COUNTED[what], count)
    assert problems == []
    # a storm that the oracle has no opinion on, or of which nothing survives, would test nothing
    assert tally.open < tally.records / 10 and tally.loaded > tally.records / 4
