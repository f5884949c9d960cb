"""The simulated sample, counted by the models and by plain Python, in zones west and east of UTC."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import Reporting
from dagster_project.simulator import simulate
from tests.incremental.nights import Nights
from tests.product.plain import Facts
from tests.product.tables import TABLES

USERS, DAYS, SEED, START, AS_OF = 60, 45, 5, date(2024, 2, 1), date(2024, 3, 16)
FEEDS = ("users", "events", "group_members", "meters", "meter_readings", "payments")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sample")
    simulate(home / "landing", USERS, DAYS, SEED, START)
    return home / "landing"


@pytest.mark.parametrize(
    "reporting",
    [
        Reporting(reporting_timezone="America/New_York", mau_window_days=14, week_start="sunday"),
        Reporting(reporting_timezone="Asia/Tokyo", session_gap_minutes=5),
    ],
    ids=["New York", "Tokyo"],
)
def test_every_table_of_product_is_as_counted_by_hand(reporting: Reporting, landing: Path, tmp_path: Path) -> None:
    nights = Nights(tmp_path, reporting, {"product"})
    shutil.copytree(landing, nights.settings.landing)
    nights.run(AS_OF)
    facts = Facts(reporting, AS_OF, **{feed: standing_rows(nights, feed) for feed in FEEDS})
    for table, count in TABLES.items():
        published, expected = sorted(nights.query(f"from product.{table}")), count(facts)
        assert expected
        assert len(published) == len(expected), table
        for row, counted in zip(published, expected, strict=True):
            assert row == tuple(pytest.approx(cell) if isinstance(cell, float) else cell for cell in counted), table


def standing_rows(nights: Nights, feed: str) -> list[dict]:
    """The rows that the loader left standing, dates as text like in a delivery."""
    names = [name for (name,) in nights.query(f"select column_name from (describe raw.{feed})")]
    rows = [dict(zip(names, row, strict=True)) for row in nights.query(f"from raw.{feed}")]
    return [{n: str(v) if type(v) is date else v for n, v in row.items()} for row in rows]
