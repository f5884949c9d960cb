"""Random histories of finance, cut into random nights: the figures are those that plain Python counts in the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dagster_project.settings import Reporting
from tests.finance import plain_customers, plain_mrr
from tests.finance.landed import FEEDS, landed
from tests.incremental.histories import EXAMPLES, TRIES_MANY, History, histories
from tests.incremental.nights import File, Nights

TABLES = plain_mrr.TABLES | plain_customers.TABLES
REPORTING = [
    Reporting(reporting_timezone="America/New_York", gross_margin=0.75),
    Reporting(reporting_timezone="Asia/Tokyo", reporting_currency="JPY"),
]

# The histories price all currencies but the dollar from the beginning; a report in yen needs the dollar's price too.
DOLLAR = File(
    "exchange_rates",
    date(2023, 1, 1),
    "dollar.csv",
    b"rate_date,currency,rate,updated_at\n2023-01-01,USD,150,2023-01-01\n",
)


@pytest.mark.parametrize("reporting", REPORTING if TRIES_MANY else REPORTING[:1])
def test_any_history_in_any_nights_gives_the_figures_of_plain_counting(
    reporting: Reporting, record_property: Callable[[str, object], None]
) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=not TRIES_MANY,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(history=histories(FEEDS))
    def holds(history: History) -> None:
        with tempfile.TemporaryDirectory() as folder:
            check(Nights(Path(folder), reporting, {"finance"}), history)

    holds()
    record_property("histories", EXAMPLES)


def check(night: Nights, history: History) -> None:
    night.deliver([DOLLAR])
    for files, as_of in zip(history.nights, history.as_of, strict=True):
        night.deliver(files)
        night.run(as_of)
    facts = landed(night, history.as_of[-1])
    for table, count in TABLES.items():
        assert sorted(night.query(f"select * from finance.{table}")) == sorted(count(facts)), table
