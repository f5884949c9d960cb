"""What must not be published is held back, the rest is published, a correction heals; a crash changes nothing."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.homes import Warehouse, payments, users


def registrations(warehouse: Warehouse) -> list[tuple]:
    return warehouse.query("select sum(registrations)::int from product.registrations_daily")


def held_back(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query("select domain, reason from ops.domain_freshness where is_held_back"))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    warehouse.deliver("payments", "2024-03-01", payments("2024-03-01", 100))
    warehouse.deliver("users", "2024-03-01", users("2024-03-01", 5))
    warehouse.nightly()
    return warehouse


GOOD_DAY = [("2024-03-01", 1000)]


def test_money_without_an_exchange_rate_holds_finance_back_until_it_is_corrected(warehouse: Warehouse) -> None:
    warehouse.deliver("payments", "2024-03-02", payments("2024-03-02", 1, currency="EUR"))
    warehouse.deliver("users", "2024-03-02", users("2024-03-02", 2))
    output = warehouse.nightly(exit_code=1)
    assert "finance" in output and "assert_every_amount_has_a_rate" in output
    assert warehouse.volume() == GOOD_DAY
    assert registrations(warehouse) == [(7,)]
    assert "assert_every_amount_has_a_rate" in held_back(warehouse)["finance"]
    assert "ops" not in held_back(warehouse)
    rate = {"rate_date": "2024-02-28", "currency": "EUR", "rate": 1.1, "updated_at": "2024-02-28T00:00:00Z"}
    warehouse.deliver("exchange_rates", "2024-03-02", [rate])
    warehouse.nightly()
    assert warehouse.volume() == [*GOOD_DAY, ("2024-03-02", 11)]
    assert held_back(warehouse) == {}


def test_too_many_quarantined_payments_hold_finance_back_until_they_are_delivered_sound(warehouse: Warehouse) -> None:
    before, [(registered,)] = warehouse.volume(), registrations(warehouse)
    warehouse.deliver("payments", "2024-03-03", payments("2024-03-03", 94) + [{"broken": True}] * 6)
    warehouse.deliver("users", "2024-03-03", users("2024-03-03", 1))
    warehouse.nightly(exit_code=1)
    assert warehouse.volume() == before
    assert "quarantined" in held_back(warehouse)["finance"]
    assert registrations(warehouse) == [(registered + 1,)]
    warehouse.deliver("payments", "2024-03-03", payments("2024-03-03", 100))
    warehouse.nightly()
    assert warehouse.volume() == [*before, ("2024-03-03", 1000)]
    assert held_back(warehouse) == {}


def test_a_night_killed_at_any_moment_leaves_the_release_and_the_next_completes(warehouse: Warehouse) -> None:
    before, release = warehouse.volume(), warehouse.release()
    warehouse.deliver("payments", "2024-03-04", payments("2024-03-04", 50))
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    for _ in range(3):
        process = warehouse.start("nightly")
        time.sleep(moments.uniform(1, 12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if warehouse.release() != release:  # it was quicker than the signal
            break
        assert warehouse.volume() == before, f"seed {seed}"
    warehouse.nightly()
    assert warehouse.volume() == [*before, ("2024-03-04", 500)], f"seed {seed}"
    assert not list((warehouse.home / "published").rglob(".*")), "something half-made was left behind"
    assert {path.name for path in Path(warehouse.home / "work").glob("*.duckdb*")} == {"warehouse.duckdb"}
