"""What must not be published is held back, the rest is published, a correction heals; a crash changes nothing."""

import random
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.homes import Warehouse, payments, users


def registrations(warehouse: Warehouse) -> list[tuple]:
    return warehouse.query("select sum(registrations)::int from product.registrations_daily")


def held_back(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query("select domain, reason from ops.domain_freshness where is_held_back"))


def errors(warehouse: Warehouse) -> set[str]:
    return {
        name
        for (name,) in warehouse.query(
            "select check_name from ops.quality_checks where not passed and severity = 'error' and release_id = "
            f"'{warehouse.release()}'"
        )
    }


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    warehouse.deliver("payments", "2024-02-28", payments("2024-02-28", 12_000))
    warehouse.deliver("payments", "2024-03-01", payments("2024-03-01", 100))
    warehouse.deliver("users", "2024-03-01", users("2024-03-01", 5))
    warehouse.nightly()
    return warehouse


GOOD_DAY = [("2024-02-28", 120_000), ("2024-03-01", 1000)]


def test_what_is_wrong_with_payments_holds_finance_back_until_it_is_corrected(warehouse: Warehouse) -> None:
    """Money without an exchange rate, and 6 lines of 100 in quarantine where 5 are allowed."""
    euros = payments("2024-03-02", 1, currency="EUR")
    dollars = payments("2024-03-03", 99)
    warehouse.deliver("payments", "2024-03-02", euros)
    warehouse.deliver("payments", "2024-03-03", dollars[:94] + [{"broken": True}] * 6)
    warehouse.deliver("users", "2024-03-03", users("2024-03-03", 2))
    output = warehouse.nightly(exit_code=1)
    assert "finance" in output and "assert_every_amount_has_a_rate" in output
    assert warehouse.volume() == GOOD_DAY
    assert registrations(warehouse) == [(7,)]
    assert held_back(warehouse).keys() == {"finance"}
    assert "assert_every_amount_has_a_rate" in held_back(warehouse)["finance"]
    assert {"assert_every_amount_has_a_rate", "source_quarantined_share_at_most_finance_payments"} <= errors(warehouse)
    rate = {"rate_date": "2024-02-28", "currency": "EUR", "rate": 1.1, "updated_at": "2024-02-28T00:00:00Z"}
    warehouse.deliver("exchange_rates", "2024-03-02", [rate])
    warehouse.deliver("payments", "2024-03-03", dollars)
    warehouse.nightly()
    assert warehouse.volume() == [*GOOD_DAY, ("2024-03-02", 11), ("2024-03-03", 990)]
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


def test_a_closed_day_that_a_delivery_takes_most_of_is_held_back_until_it_is_approved(warehouse: Warehouse) -> None:
    [large, *others] = warehouse.volume()
    warehouse.deliver("payments", "2024-02-28", payments("2024-02-28", 7))
    output = warehouse.nightly(exit_code=1)
    assert "attempts of 2024-02-28" in output and "12,000 became 7 (corrected delivery, tolerance 50%)" in output
    assert warehouse.volume() == [large, *others]
    assert "`warehouse approve finance`" in warehouse.run("status").stdout
    assert warehouse.run("approve", "--dry-run").returncode == 0
    assert warehouse.volume() == [large, *others]
    approved = warehouse.run("approve", "finance")
    assert approved.returncode == 0, approved.stdout + approved.stderr
    assert warehouse.volume() == [("2024-02-28", 70), *others]
    assert held_back(warehouse) == {}
    moved = "select key, old_value::int, new_value::int, cause from ops.restatements where column_name = 'attempts'"
    assert warehouse.query(f"{moved} and period = date '2024-02-28' and new_value = 7") == [
        ('{"kind":"bill","method":"unknown"}', 12_000, 7, "corrected delivery")
    ]
    assert warehouse.query("select domain, release_id from ops.approvals") == [("finance", warehouse.release())]
    today = datetime.now(UTC).date()
    assert warehouse.run("query", "--as-published", f"{today}", "select 1").returncode == 0
    refused = warehouse.run("query", "--as-published", f"{today - timedelta(days=2)}", "select 1")
    assert (refused.returncode, "no release was current at the end of" in refused.stderr) == (2, True)
