"""What must not be published is held back, the rest is published, a correction heals; a crash changes nothing."""

import json
import random
import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Warehouse


def deliver(warehouse: Warehouse, feed: str, dt: str, rows: list[dict], name: str = "a.ndjson") -> None:
    path = warehouse.home / "landing" / feed / f"dt={dt}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"_{name}")
    draft.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    draft.rename(path)


def payments(day: str, count: int, **columns: object) -> list[dict]:
    return [
        {
            "attempt_id": f"{day}-{number}",
            "payment_id": f"{day}-{number}",
            "kind": "bill",
            "attempted_at": f"{day}T10:00:00Z",
            "updated_at": f"{day}T10:00:00Z",
            "status": "succeeded",
            "amount_minor": 1000,
            "currency": "USD",
            **columns,
        }
        for number in range(count)
    ]


def users(day: str, count: int) -> list[dict]:
    at = f"{day}T09:00:00Z"
    return [{"user_id": f"{day}-{number}", "registered_at": at, "updated_at": at} for number in range(count)]


def volume(warehouse: Warehouse) -> list[tuple]:
    return warehouse.query(
        "select payment_date::varchar, sum(volume)::int from finance.payments_daily group by 1 order by 1"
    )


def registrations(warehouse: Warehouse) -> list[tuple]:
    return warehouse.query("select sum(registrations)::int from product.registrations_daily")


def held_back(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query("select domain, reason from ops.domain_freshness where is_held_back"))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    deliver(warehouse, "payments", "2024-03-01", payments("2024-03-01", 100))
    deliver(warehouse, "users", "2024-03-01", users("2024-03-01", 5))
    warehouse.nightly()
    return warehouse


GOOD_DAY = [("2024-03-01", 1000)]


def test_money_without_an_exchange_rate_holds_finance_back_until_it_is_corrected(warehouse: Warehouse) -> None:
    deliver(warehouse, "payments", "2024-03-02", payments("2024-03-02", 1, currency="EUR"))
    deliver(warehouse, "users", "2024-03-02", users("2024-03-02", 2))
    output = warehouse.nightly(exit_code=1)
    assert "finance" in output and "assert_every_amount_has_a_rate" in output
    assert volume(warehouse) == GOOD_DAY
    assert registrations(warehouse) == [(7,)]
    assert "assert_every_amount_has_a_rate" in held_back(warehouse)["finance"]
    assert "ops" not in held_back(warehouse)
    rate = {"rate_date": "2024-02-28", "currency": "EUR", "rate": 1.1, "updated_at": "2024-02-28T00:00:00Z"}
    deliver(warehouse, "exchange_rates", "2024-03-02", [rate])
    warehouse.nightly()
    assert volume(warehouse) == [*GOOD_DAY, ("2024-03-02", 11)]
    assert held_back(warehouse) == {}


def test_too_many_quarantined_payments_hold_finance_back_until_they_are_delivered_sound(warehouse: Warehouse) -> None:
    before = volume(warehouse)
    deliver(warehouse, "payments", "2024-03-03", payments("2024-03-03", 94) + [{"broken": True}] * 6)
    deliver(warehouse, "users", "2024-03-03", users("2024-03-03", 1))
    warehouse.nightly(exit_code=1)
    assert volume(warehouse) == before
    assert "quarantined" in held_back(warehouse)["finance"]
    assert registrations(warehouse) == [(8,)]
    deliver(warehouse, "payments", "2024-03-03", payments("2024-03-03", 100))
    warehouse.nightly()
    assert volume(warehouse) == [*before, ("2024-03-03", 1000)]
    assert held_back(warehouse) == {}


def test_a_night_killed_at_any_moment_leaves_the_release_and_the_next_completes(warehouse: Warehouse) -> None:
    before, release = volume(warehouse), warehouse.release()
    deliver(warehouse, "payments", "2024-03-04", payments("2024-03-04", 50))
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    for _ in range(3):
        process = warehouse.start("nightly")
        time.sleep(moments.uniform(1, 12))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if warehouse.release() != release:  # it was quicker than the signal
            break
        assert volume(warehouse) == before, f"seed {seed}"
    warehouse.nightly()
    assert volume(warehouse) == [*before, ("2024-03-04", 500)], f"seed {seed}"
    assert not list((warehouse.home / "published").rglob(".*")), "something half-made was left behind"
    assert {path.name for path in Path(warehouse.home / "work").glob("*.duckdb*")} == {"warehouse.duckdb"}
