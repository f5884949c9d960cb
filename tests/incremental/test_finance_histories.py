"""Random histories of finance, cut into random nights: the same as one load of all, and as plain Python counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dagster_project.settings import Reporting
from dagster_project.warehouse import transform
from tests.finance.plain import Facts
from tests.finance.plain_mrr import TABLES
from tests.incremental.nights import File, Nights, differences

START = datetime(2024, 1, 25)
DAYS, NIGHTS = 70, 4
LAST_DT = (START + timedelta(days=DAYS)).date()

users = st.sampled_from(["ann", "bob", "cyd", "dan"])
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD"])
minutes = st.one_of(
    st.integers(0, DAYS * 1440 - 1),
    # the ends of February and March in New York and Tokyo, to the minute
    st.sampled_from([day * 1440 + at for day in (35, 36, 66, 67) for at in (239, 240, 299, 300, 899, 900)]),
)
days = st.integers(-3, DAYS)
seldom = st.sampled_from([False, False, False, True])

states = st.fixed_dictionaries(
    {
        "subscription_id": st.sampled_from(["s1", "s2", "s3", "s4", "s5"]),
        "effective_at": minutes,
        "user_id": users,
        "plan_id": st.just("plan"),
        "status": st.sampled_from(["active", "active", "active", "past_due", "trialing", "paused", "canceled"]),
        "amount_minor": st.integers(0, 5000),
        "currency": currencies,
        "interval": st.sampled_from(["day", "week", "month", "month", "year"]),
        "interval_count": st.sampled_from([None, 1, 2, 3]),
        "quantity": st.sampled_from([None, 1, 2, 0]),
        "discount_minor": st.sampled_from([None, 0, 700]),
        "cancel_reason": st.sampled_from([None, "payment_failed"]),
    }
)
rates = st.fixed_dictionaries(
    {
        "rate_date": days,
        "currency": currencies,
        "rate": st.sampled_from(["0.5", "1.25", "1.1234", "2"]),
        "updated_at": minutes,
    }
)
ROWS = {"subscriptions": (states, 12), "exchange_rates": (rates, 8)}
KEYS = {"subscriptions": ("subscription_id", "effective_at"), "exchange_rates": ("rate_date", "currency")}
# Rates that are known from the beginning, so that every history can be told.
FIRST_RATES = [
    {"rate_date": date(2024, 1, 1), "currency": currency, "rate": "1", "updated_at": START - timedelta(days=9)}
    for currency in ("EUR", "JPY", "KWD", "USD")
]


@st.composite
def histories(draw: st.DrawFn) -> list[list[tuple[str, str, list]]]:
    """Per night the files delivered in it: feed, name, rows. A file may come again, with other rows in it."""
    nights: list[list[tuple[str, str, list]]] = [[] for _ in range(NIGHTS)]
    for feed, (row, most) in ROWS.items():
        for number in range(draw(st.integers(1, 4))):
            night, name = draw(st.integers(0, NIGHTS - 1)), f"{number}.ndjson"
            nights[night].append((feed, name, draw(st.lists(row, min_size=most // 3, max_size=most))))
            if night < NIGHTS - 1 and draw(seldom):
                again = draw(st.integers(night + 1, NIGHTS - 1))
                nights[again].append((feed, name, draw(st.lists(row, min_size=most // 3, max_size=most))))
    return nights


def row_of(row: dict) -> dict:
    """The row in the columns of the contract: minutes as instants, days as dates."""
    told = dict(row)
    for name, value in row.items():
        if name.endswith("_at"):
            told[name] = START + timedelta(minutes=value)
        elif name.endswith("_date"):
            told[name] = (START + timedelta(days=value)).date()
    return told


def file_of(feed: str, name: str, rows: list[dict]) -> File:
    lines = [json.dumps(row, default=lambda value: value.isoformat()) for row in rows]
    return File(feed, LAST_DT, name, "".join(line + "\n" for line in lines).encode())


def standing(deliveries: list, feed: str) -> list[dict]:
    """What stands in the end: of each file the last content; of rows with one key the highest version and last line of
    an upsert feed, the first line of an append feed."""
    files = {name: content for night in deliveries for kind, name, content in night if kind == feed}
    stands: dict[tuple, dict] = {}
    for row in (row_of(row) for name in sorted(files) for row in files[name]):
        key = tuple(row[name] for name in KEYS[feed])
        if key not in stands or ("updated_at" in row and row["updated_at"] >= stands[key]["updated_at"]):
            stands[key] = row
    return list(stands.values())


REPORTING = [
    Reporting(reporting_timezone="America/New_York"),
    Reporting(reporting_timezone="Asia/Tokyo", reporting_currency="EUR"),
]


@pytest.fixture(autouse=True)
def only_finance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other domains have histories of their own."""
    monkeypatch.setattr(transform, "BUILD", (*transform.BUILD, "--select", "+path:models/marts/finance"))


@pytest.mark.parametrize("reporting", REPORTING, ids=["New York", "Tokyo"])
def test_any_history_in_any_nights_gives_the_figures_of_plain_counting(
    reporting: Reporting, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(
        max_examples=3,
        phases=[Phase.generate],  # an example costs half a minute, too much to look for a smaller one
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(histories(), st.lists(st.integers(DAYS - 40, DAYS), min_size=NIGHTS, max_size=NIGHTS))
    def holds(deliveries: list, as_of: list[int]) -> None:
        check(tmp_path_factory.mktemp, reporting, deliveries, [(START + timedelta(days=day)).date() for day in as_of])

    holds()


def check(new_home: Callable[[str], Path], reporting: Reporting, deliveries: list, as_of: list[date]) -> None:
    nightly, at_once = Nights(new_home("nightly"), reporting), Nights(new_home("at_once"), reporting)
    for home in (nightly, at_once):
        home.deliver([file_of("exchange_rates", "first.ndjson", FIRST_RATES)])
    for files, day in zip(deliveries, as_of, strict=True):
        told = [file_of(feed, name, [row_of(row) for row in rows]) for feed, name, rows in files]
        nightly.deliver(told)
        nightly.run(day)
        at_once.deliver(told)
    at_once.run(as_of[-1])
    assert differences(nightly, at_once) == {}
    feeds = {feed: standing(deliveries, feed) for feed in ROWS}
    feeds["exchange_rates"] = [
        *(row for row in FIRST_RATES if row["currency"] != reporting.reporting_currency),
        *feeds["exchange_rates"],
    ]
    facts = Facts(reporting, as_of[-1], **feeds)
    for table, count in TABLES.items():
        assert sorted(nightly.query(f"select * from finance.{table}")) == count(facts), table
