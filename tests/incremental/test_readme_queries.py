"""The queries that README.md shows for the headline figures find something in a sample."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.incremental.nights import Nights

README = Path(__file__).resolve().parents[2] / "README.md"
QUERIES = dict(re.findall(r"^\| ([^|]+) \| `(select [^`]+)` \|$", README.read_text(encoding="utf-8"), re.MULTILINE))
# A sample without a violation, an anomaly, a moved figure or a failed check is a good one; nothing of it is too old;
# publishing alone finds alerts and forecasts.
MAY_BE_EMPTY = {
    "alerts",
    "checks that failed",
    "closed figures that moved",
    "days that stand out",
    "deliveries",
    "forecasts",
    "what was deleted by age",
}


def test_the_readme_shows_a_query_for_every_headline_figure() -> None:
    assert len(QUERIES) >= 20


@pytest.mark.parametrize("figure", QUERIES)
def test_a_query_of_the_readme_finds_rows(sample: tuple[Nights, Nights], figure: str) -> None:
    nightly, _ = sample
    rows = nightly.query(QUERIES[figure])

    assert rows or figure in MAY_BE_EMPTY
