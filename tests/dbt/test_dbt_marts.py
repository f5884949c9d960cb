"""The published marts of the scenario `sound` (New York, USD), compared with sums done by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

# The reporting day begins at 05:00 UTC until 2024-03-10 and at 04:00 UTC after the clock change of that night.
PAYMENTS_DAILY = [
    # A refund of a wallet payment, made before that payment: 1000 JPY * 0.0067; a day with refunds only.
    ("2024-03-05", "service", "wallet", 0, 0, 0, 0, None, "0.00", None, "0.00", "6.70", "6.70", "-6.70"),
    # 04:30 UTC is still the day before; 100.00 EUR at Friday's 1.10, fee 1.00 EUR.
    ("2024-03-09", "bill", "card", 1, 1, 0, 0, 1.0, "110.00", "110.00", "1.10", "0.00", "0.00", "110.00"),
    # Sunday: Friday's rate still holds; no fee told is no fee.
    ("2024-03-10", "bill", "card", 1, 1, 0, 0, 1.0, "220.00", "220.00", "0.00", "0.00", "0.00", "220.00"),
    # Monday's 04:30 UTC is past midnight in summer time; Monday's rate 1.20; a failure and a pending attempt beside it.
    ("2024-03-11", "bill", "card", 3, 1, 1, 1, 0.5, "360.00", "360.00", "3.60", "0.00", "0.00", "360.00"),
    # A guest without method: 1500 JPY (no minor unit) * 0.0067.
    ("2024-03-12", "service", "unknown", 1, 1, 0, 0, 1.0, "10.05", "10.05", "0.00", "0.00", "0.00", "10.05"),
    # A test user's 2 JPY * 0.0067 + 0.001 KWD * 3.25 = 0.01665, rounded once; 0.02 / 2.
    ("2024-03-12", "service", "wallet", 2, 2, 0, 0, 1.0, "0.02", "0.01", "0.00", "0.00", "0.00", "0.02"),
    ("2024-03-12", "subscription", "direct_debit", 1, 0, 1, 0, 0.0, "0.00", None, "0.00", "0.00", "0.00", "0.00"),
    # A refund in the currency of its attempt, at the rate of the refund's day: 50.00 EUR * 1.20.
    ("2024-03-13", "bill", "card", 0, 0, 0, 0, None, "0.00", None, "0.00", "60.00", "0.00", "-60.00"),
    # Two refunds of unknown attempts: 7.00 USD, and 3.00 of no stated currency, a chargeback.
    ("2024-03-13", "unknown", "unknown", 0, 0, 0, 0, None, "0.00", None, "0.00", "10.00", "3.00", "-10.00"),
    # USD is the reporting currency: worth 1, although the feed prices it at 9.99.
    ("2024-03-14", "subscription", "card", 1, 1, 0, 0, 1.0, "9.99", "9.99", "0.00", "0.00", "0.00", "9.99"),
]


def test_payments_daily_equals_the_hand_calculation(sound):
    found = sound.rows("select * from finance.payments_daily order by payment_date, kind, method")

    assert [_plain(row) for row in found] == PAYMENTS_DAILY


def test_payment_recovery_monthly_equals_the_hand_calculation(sound):
    """Of nine intents six succeed at once, i09 after 49.5 h, i04 is lost, i05 pending."""
    found = sound.rows("select * from finance.payment_recovery_monthly")

    assert found == [(date(2024, 3, 1), 9, 6, 1, 1, pytest.approx(6 / 9), pytest.approx(7 / 9), Decimal("49.50"))]


def test_registrations_daily_equals_the_hand_calculation(sound):
    """Ann registers one second before New York's midnight and is active 7 days less a second later; Bob registers at
    midnight and is active exactly 7 days later, too late; Cyd's events are passive or a bot's; Tess is a test user."""
    found = sound.rows("select * from product.registrations_daily order by all")

    assert found == [
        (date(2024, 3, 1), "organic", 1, 1),
        (date(2024, 3, 2), "organic", 1, 0),
        (date(2024, 3, 2), "unknown", 1, 0),
    ]


def test_feed_deliveries_lists_every_file_of_the_ledger(sound):
    found = sound.rows(
        "select feed, file, lines, loaded, duplicates, quarantined from ops.feed_deliveries order by all"
    )

    assert found == [("payments", "part-0.ndjson", 20, 18, 1, 1), ("users", "empty.ndjson.gz", 0, 0, 0, 0)]


def test_the_history_of_releases_and_checks_is_carried_on(sound):
    assert sound.rows("select release_id, domains_published from ops.releases") == [("20240313T020300", "finance,ops")]
    assert sound.rows("select check_name, passed from ops.quality_checks") == [("ledger_adds_up", True)]


def test_domain_freshness_is_left_to_the_publish_step(sound):
    assert sound.rows("select * from ops.domain_freshness") == []


def test_staging_applies_the_defaults_of_the_contracts(sound, feeds):
    """A row of nulls in raw comes out of staging with each column's default."""
    for name, feed in feeds.items():
        defaults = {c["name"]: c["config"]["meta"]["default"] for c in feed["columns"] if "default" in _meta(c)}
        if defaults:
            model = f"staging.stg_{feed['domain']}__{name}"
            found = sound.rows_after(
                f"insert into raw.{name} (_line) values (-1)", f"select {', '.join(defaults)} from {model}"
            )
            assert tuple(defaults.values()) in found, name


def _meta(column: dict) -> dict:
    return column.get("config", {}).get("meta", {})


def _plain(row: tuple) -> tuple:
    return tuple(str(value) if isinstance(value, (date, Decimal)) else value for value in row)
