"""Whole nights on data of others, against figures computed from the files alone."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.conftest import Warehouse


def delivered(warehouse: Warehouse, feed: str) -> Iterator[dict]:
    """Every record of a feed, read the slow way."""
    for file in sorted((warehouse.home / "landing" / feed).glob("dt=*/*.ndjson.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


@pytest.fixture(scope="module")
def shop(real_home) -> Warehouse:
    warehouse = real_home("online_retail")
    warehouse.nightly()
    return warehouse


def test_the_shops_monthly_volume_and_counts_are_those_of_its_files_to_the_penny(shop: Warehouse) -> None:
    expected: dict[str, list] = defaultdict(lambda: [0, 0, Decimal(0)])
    for payment in delivered(shop, "payments"):
        month = expected[payment["attempted_at"][:7]]
        month[0] += 1
        if payment["status"] == "succeeded":
            month[1] += 1
            month[2] += Decimal(payment["amount_minor"]) / 100
    published = shop.query("""
        select strftime(payment_date, '%Y-%m') as month, sum(attempts)::int, sum(succeeded)::int, sum(volume)
        from finance.payments_daily where attempts > 0 group by month
    """)
    assert {month: figures for month, *figures in published} == expected
    assert sum(attempts for attempts, *_ in expected.values()) == 22_064


def test_the_shops_refunds_count_though_they_name_no_payment(shop: Warehouse) -> None:
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for refund in delivered(shop, "refunds"):
        expected[refund["refunded_at"][:7]] += Decimal(refund["amount_minor"]) / 100
    published = shop.query("""
        select strftime(payment_date, '%Y-%m') as month, sum(refunded), sum(net_volume) from finance.payments_daily
        where kind = 'unknown' and method = 'unknown' group by month
    """)
    assert {month: refunded for month, refunded, _ in published} == expected
    assert {month: -net for month, _, net in published} == expected
    assert shop.query("select sum(net_volume) = sum(volume) - sum(refunded) from finance.payments_daily") == [(True,)]


def test_the_shops_registrations_are_those_of_its_files(shop: Warehouse) -> None:
    expected = Counter(
        user["registered_at"][:10] for user in {u["user_id"]: u for u in delivered(shop, "users")}.values()
    )
    published = dict(
        shop.query(
            "select registration_date::varchar, sum(registrations)::int from product.registrations_daily group by 1"
        )
    )
    assert published == expected


def test_a_second_night_changes_nothing(shop: Warehouse) -> None:
    release, ledger = shop.release(), shop.candidate("select * from load.deliveries order by all")
    shop.nightly()
    assert shop.release() == release
    assert shop.candidate("select * from load.deliveries order by all") == ledger


@pytest.mark.parametrize(
    ("name", "feed"), [("web_access_log", "api_requests"), ("cloudwatch_metrics", "metric_samples")]
)
def test_a_log_and_a_metric_series_load_in_full(real_home, name: str, feed: str) -> None:
    warehouse = real_home(name)
    warehouse.nightly()
    lines = {}
    for file in (warehouse.home / "landing" / feed).glob("dt=*/*.ndjson.gz"):
        with gzip.open(file, "rb") as content:
            lines[file.parent.name.removeprefix("dt="), file.name] = sum(1 for _ in content)
    ledger = warehouse.query("""
        select dt::varchar, file, lines, loaded + duplicates + quarantined, quarantined from ops.feed_deliveries
    """)
    assert {(dt, file): count for dt, file, count, _, _ in ledger} == lines
    assert all(count == accounted and broken == 0 for _, _, count, accounted, broken in ledger)
    keys = {
        tuple(row.get(column) for column in ("request_id", "source", "resource_id", "metric", "sampled_at"))
        for row in delivered(warehouse, feed)
    }
    assert warehouse.candidate(f"select count(*) from raw.{feed}") == [(len(keys),)]


def test_no_clear_address_of_the_web_log_is_anywhere_but_in_the_landing_zone(real_home) -> None:
    warehouse = real_home("web_access_log")
    addresses = {row["ip"].encode() for row in delivered(warehouse, "api_requests")}
    warehouse.run("nightly")
    for file in warehouse.home.rglob("*"):
        if file.is_file() and "landing" not in file.parts:
            content = Path(file).read_bytes()
            assert not any(address in content for address in addresses), file
