"""Whole nights on the invoices of a real shop, against figures computed from its files alone."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from tests.acceptance.homes import Warehouse


@pytest.fixture(scope="module")
def shop(real_home) -> Warehouse:
    warehouse = real_home("online_retail")
    warehouse.nightly()
    return warehouse


def test_the_shops_monthly_volume_and_counts_are_those_of_its_files_to_the_penny(shop: Warehouse) -> None:
    expected: dict[str, list] = defaultdict(lambda: [0, 0, Decimal(0)])
    for payment in shop.delivered("payments"):
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
    for refund in shop.delivered("refunds"):
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
        user["registered_at"][:10] for user in {u["user_id"]: u for u in shop.delivered("users")}.values()
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
