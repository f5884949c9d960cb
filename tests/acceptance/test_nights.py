"""Nights as a user starts them: together, killed, with what must not be published, taken back.

One home serves all tests, in their order: each goes on where the one before ended.
"""

import os
import random
import signal
import stat
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.homes import Warehouse, payments, users

GOOD_DAYS = [("2024-02-28", 120_000), ("2024-03-01", 1000)]


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


def ended(process: subprocess.Popen[str], exit_code: int = 0) -> str:
    """What a command printed; fails with it unless the command ended with this code."""
    output, _ = process.communicate(timeout=600)
    assert process.returncode == exit_code, output[-4000:]
    return output


def await_line(process: subprocess.Popen[str], text: str) -> None:
    """Wait until a command prints a line with this text."""
    assert process.stdout is not None
    printed = []
    for line in process.stdout:
        printed.append(line)
        if text in line:
            return
    raise AssertionError("".join(printed))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A home in which two nights were started at once."""
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    warehouse.deliver("payments", "2024-02-28", payments("2024-02-28", 12_000))
    warehouse.deliver("payments", "2024-03-01", [*payments("2024-03-01", 100), {"broken": True}])
    warehouse.deliver("users", "2024-03-01", users("2024-03-01", 5))
    nights = [warehouse.start("nightly", output=subprocess.PIPE) for _ in range(2)]
    outputs = sorted(map(ended, nights), key=lambda output: "waiting for another run" in output)
    assert ["waiting for another run" in output for output in outputs] == [False, True]
    assert ["nothing new to publish" in output for output in outputs] == [False, True]
    return warehouse


def test_of_two_nights_at_once_one_publishes_and_the_other_finds_nothing_new(warehouse: Warehouse) -> None:
    assert warehouse.volume() == GOOD_DAYS
    assert registrations(warehouse) == [(5,)]
    counted = "select feed, lines, loaded, duplicates, quarantined from ops.feed_deliveries order by all"
    assert warehouse.query(counted) == [
        ("payments", 101, 100, 0, 1),
        ("payments", 12_000, 12_000, 0, 0),
        ("users", 5, 5, 0, 0),
    ]
    assert len(list((warehouse.home / "published" / "releases").glob("*.duckdb"))) == 1


def test_the_key_is_in_no_other_file_and_strangers_may_read_none(warehouse: Warehouse) -> None:
    key = (warehouse.home / "pii.key").read_bytes().strip()
    folders = (warehouse.home / "work", warehouse.home / "published")
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert len(key) == 64 and len(files) > 10
    assert [file for file in files if key in file.read_bytes()] == []
    assert [file for file in files if stat.S_IMODE(file.stat().st_mode) & 0o007] == []


def test_what_is_wrong_with_payments_holds_finance_back(warehouse: Warehouse) -> None:
    """Money without an exchange rate, 6 lines of 100 in quarantine where 5 are allowed, a closed day almost gone."""
    euros = payments("2024-03-02", 1, currency="EUR")
    dollars = payments("2024-03-03", 99)
    warehouse.deliver("payments", "2024-02-28", payments("2024-02-28", 7))
    warehouse.deliver("payments", "2024-03-02", euros)
    warehouse.deliver("payments", "2024-03-03", dollars[:94] + [{"broken": True}] * 6)
    warehouse.deliver("users", "2024-03-03", users("2024-03-03", 2))
    output = warehouse.nightly(exit_code=1)
    assert "finance" in output and "assert_every_amount_has_a_rate" in output
    assert warehouse.volume() == GOOD_DAYS
    assert registrations(warehouse) == [(7,)]
    assert held_back(warehouse).keys() == {"finance"}
    assert "assert_every_amount_has_a_rate" in held_back(warehouse)["finance"]
    assert "payment_date 2024-03-02, currency EUR, attempts 1" in held_back(warehouse)["finance"]
    assert {"assert_every_amount_has_a_rate", "source_quarantined_share_at_most_finance_payments"} <= errors(warehouse)


def test_a_night_killed_at_any_moment_leaves_the_release_and_the_next_completes(warehouse: Warehouse) -> None:
    """Rates and the day are corrected, the closed day alone is left; a rollback that comes meanwhile waits."""
    before, release = warehouse.volume(), warehouse.release()
    rate = {"rate_date": "2024-02-28", "currency": "EUR", "rate": 1.1, "updated_at": "2024-02-28T00:00:00Z"}
    warehouse.deliver("exchange_rates", "2024-03-02", [rate])
    warehouse.deliver("payments", "2024-03-03", payments("2024-03-03", 99))
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    steps = ("load", "transform", "gate")
    for step in steps if "WAREHOUSE_FAULTS" in os.environ else moments.sample(steps, 1):
        process = warehouse.start("nightly", output=subprocess.PIPE)
        await_line(process, step)
        time.sleep(moments.uniform(0, 3))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert (warehouse.release(), warehouse.volume()) == (release, before), f"seed {seed}, {step}"
    night = warehouse.start("nightly", output=subprocess.PIPE)
    await_line(night, "built in")
    rollback = warehouse.start("rollback", output=subprocess.PIPE)
    told = ended(night, exit_code=1)
    assert f"release {release}" in ended(rollback)
    assert (warehouse.release(), warehouse.volume()) == (release, before), f"seed {seed}"
    assert not list((warehouse.home / "published").rglob(".*")), "something half-made was left behind"
    assert {path.name for path in Path(warehouse.home / "work").glob("*.duckdb*")} == {"warehouse.duckdb"}
    newest = warehouse.run("releases").stdout.split("\n")[1].split()[0]
    assert newest != release and warehouse.run("rollback", newest).returncode == 0
    assert "100 from 2 files" in told, "also where the run that was killed had loaded them"
    assert "attempts of 2024-02-28" in told and "12,000 became 7 (corrected delivery, tolerance 50%)" in told
    assert "assert_every_amount_has_a_rate" not in told
    assert warehouse.volume() == GOOD_DAYS


def test_a_closed_day_that_a_delivery_takes_most_of_is_held_back_until_it_is_approved(warehouse: Warehouse) -> None:
    assert "`warehouse approve finance`" in warehouse.run("status").stdout
    assert warehouse.run("approve", "--dry-run").returncode == 0
    assert warehouse.volume() == GOOD_DAYS
    approved = warehouse.run("approve", "finance")
    assert approved.returncode == 0, approved.stdout + approved.stderr
    assert warehouse.volume() == [("2024-02-28", 70), GOOD_DAYS[1], ("2024-03-02", 11), ("2024-03-03", 990)]
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
