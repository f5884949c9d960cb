"""The simulated sample through the models, and the same rows counted plainly: equal in every cell."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import Reporting
from dagster_project.simulator import simulate
from tests.finance.plain import Facts
from tests.finance.plain_mrr import TABLES
from tests.incremental.nights import File, Nights

USERS, DAYS, SEED, START, AS_OF = 150, 150, 5, date(2024, 1, 10), date(2024, 6, 3)
FEEDS = ("users", "subscriptions", "exchange_rates", "payments", "refunds", "marketing_spend")
# The sample prices all currencies but the dollar in dollars; a report in euros needs the dollar's own price.
DOLLARS = b"rate_date,currency,rate,updated_at\n2023-12-01,USD,0.92,2023-12-01\n2024-03-10,USD,0.91,2024-03-10\n"

REPORTING = [
    Reporting(reporting_timezone="America/Los_Angeles", gross_margin=0.8),
    Reporting(reporting_timezone="Asia/Tokyo", reporting_currency="EUR"),
]


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> list[File]:
    folder = tmp_path_factory.mktemp("sample")
    simulate(folder, USERS, DAYS, SEED, START)
    found = [path for feed in FEEDS for path in folder.glob(f"{feed}/dt=*/*")]
    files = [File(path.parts[-3], date.fromisoformat(path.parts[-2][3:]), path.name, path.read_bytes()) for path in found]
    return [*files, File("exchange_rates", START, "dollars.csv", DOLLARS)]


@pytest.fixture(scope="module", params=REPORTING, ids=["Los Angeles", "Tokyo in euros"])
def night(request: pytest.FixtureRequest, landing: list[File], tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home: Path = tmp_path_factory.mktemp("home")
    night = Nights(home, request.param)
    night.deliver(landing)
    night.run(AS_OF)
    return night


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_is_that_of_plain_counting(night: Nights, table: str) -> None:
    facts = Facts(night.settings.reporting, AS_OF, **{feed: landed(night, feed) for feed in FEEDS})
    expected = TABLES[table](facts)
    assert expected
    assert sorted(night.query(f"select * from finance.{table}")) == expected


def landed(night: Nights, feed: str) -> list[dict]:
    """The rows that the loader keeps, in the columns of the contract."""
    names = "select column_name from duckdb_columns() where schema_name = 'raw' and table_name = '{feed}'"
    columns = [name for (name,) in night.query(names.format(feed=feed))]
    return [dict(zip(columns, row, strict=True)) for row in night.query(f"select * from raw.{feed}")]
