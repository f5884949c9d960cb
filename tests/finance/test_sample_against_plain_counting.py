"""The simulated sample through the models, and the same rows counted plainly: equal in every cell."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import Reporting
from dagster_project.simulator import simulate
from tests.finance import plain_customers, plain_mrr
from tests.finance.landed import FEEDS, landed
from tests.finance.plain import Facts
from tests.finance.plain_customers import lifetime
from tests.incremental.nights import File, Nights

USERS, DAYS, SEED, START, AS_OF = 150, 150, 5, date(2024, 1, 10), date(2024, 6, 3)
TABLES = plain_mrr.TABLES | plain_customers.TABLES
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
    files = [
        File(path.parts[-3], date.fromisoformat(path.parts[-2][3:]), path.name, path.read_bytes()) for path in found
    ]
    return [*files, File("exchange_rates", START, "dollars.csv", DOLLARS)]


@pytest.fixture(scope="module", params=REPORTING, ids=["Los Angeles", "Tokyo in euros"])
def night(request: pytest.FixtureRequest, landing: list[File], tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home: Path = tmp_path_factory.mktemp("home")
    night = Nights(home, request.param, {"finance"})
    night.deliver(landing)
    night.run(AS_OF)
    return night


@pytest.fixture(scope="module")
def facts(night: Nights) -> Facts:
    return landed(night, AS_OF)


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_is_that_of_plain_counting(night: Nights, facts: Facts, table: str) -> None:
    expected = TABLES[table](facts)
    assert expected
    assert sorted(night.query(f"select * from finance.{table}")) == expected


def test_customers_are_valued_by_the_models_of_what_plain_counting_gives_them(night: Nights, facts: Facts) -> None:
    fitted, counted = lifetime(facts)
    found = night.query("select * from finance.customer_value order by user_id")
    assert {row[0]: row[1:4] for row in found} == counted
    expected = fitted.customers[["expected_payments_12m", "expected_value_12m", "probability_alive", "clv"]]
    assert [tuple(map(float, row[4:])) for row in found] == [
        pytest.approx(tuple(row), abs=0.006) for row in expected.itertuples(index=False)
    ]
    parameters = dict(night.query("select parameter, value from finance.clv_model"))
    assert parameters == pytest.approx(
        dict(zip(fitted.parameters["parameter"], fitted.parameters["value"], strict=True))
    )
