"""The gate as a whole: a verdict on real candidates, and what happens to the process that evaluates expectations."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import PROJECT_ROOT, Settings
from dagster_project.warehouse.build.results import NodeResult
from dagster_project.warehouse.gate import judge as gate
from dagster_project.warehouse.gate import suites as gate_expectations
from dagster_project.warehouse.gate.judge import run_gate
from dagster_project.warehouse.gate.suites import data_docs
from dagster_project.warehouse.gate.verdict import Check, Verdict, read_verdict
from dagster_project.warehouse.release.releases import ReleaseError, publish
from tests.expectations.toy_candidate import make_candidate
from tests.warehouse.toys import make_settings, read, write_candidate

AS_OF = date(2026, 11, 23)
TABLES = ("finance.payments_daily", "finance.refunds_daily", "product.registrations_daily", "ops.feed_deliveries")


def manifest(tables: tuple[str, ...]) -> dict:
    """A dbt project that publishes these tables and has no tests."""
    nodes = {}
    for table in tables:
        domain, name = table.split(".")
        nodes[f"model.{table}"] = {
            "resource_type": "model",
            "name": name,
            "alias": name,
            "schema": domain,
            "original_file_path": f"models/marts/{domain}/{name}.sql",
            "config": {"materialized": "table"},
        }
    return {"nodes": nodes, "child_map": {}}


def judge(settings: Settings, tables: tuple[str, ...] = TABLES) -> Verdict:
    built = [NodeResult(f"model.{table}", "success", None, None, 0.1) for table in tables]
    return run_gate(settings, AS_OF, built, lambda _: None, manifest(tables))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a judgeable toy candidate that has no table too many or too few."""
    settings = make_settings(tmp_path / "home")
    write_candidate(settings, 1)
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute("drop table ops.releases; drop table ops.restatements; drop table ops.approvals")
    return settings


@pytest.fixture
def suites_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations is not what these tests are about."""
    passed = Check("finance.payments_daily: sound", "finance", "great_expectations", "error", True)
    monkeypatch.setattr(gate, "run_expectations", lambda *_: [passed])


@pytest.mark.usefixtures("suites_pass")
def test_the_verdict_is_kept_for_the_publish_step_and_publishes_what_was_judged(settings):
    verdict = judge(settings)
    assert read_verdict(settings) == verdict
    assert verdict.held_back == {}
    assert sorted(verdict.fingerprints) == sorted(TABLES)
    release = publish(settings)
    assert release.as_of == AS_OF
    assert read(settings.current_release, "select check_name, tool, passed from ops.quality_checks") == [
        ("finance.payments_daily: sound", "great_expectations", True)
    ]


@pytest.mark.usefixtures("suites_pass")
def test_a_declared_table_that_is_missing_holds_its_domain_back(settings):
    verdict = judge(settings, (*TABLES, "platform.logs_hourly"))
    assert list(verdict.held_back) == ["platform"]
    assert verdict.held_back["platform"].startswith("platform.logs_hourly exists failed: the candidate has no such")


@pytest.mark.usefixtures("suites_pass")
def test_a_candidate_without_any_table_holds_everything_back_that_should_have_some(settings):
    settings.candidate.unlink()
    duckdb.connect(str(settings.candidate)).close()
    assert list(judge(settings).held_back) == ["product", "finance", "ops"]


@pytest.mark.usefixtures("suites_pass")
def test_a_table_that_no_model_declares_is_warned_of_and_not_published(settings):
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute("create table finance.payments_daily__dbt_tmp as select 1 as x")
    verdict = judge(settings)
    [warning] = [check for check in verdict.checks if not check.passed]
    assert (warning.check_name, warning.severity) == ("finance.payments_daily__dbt_tmp is made by a model", "warn")
    publish(settings)
    published = read(settings.current_release, "select table_name from duckdb_tables() where schema_name = 'finance'")
    assert published == [("payments_daily",), ("refunds_daily",)]


@pytest.mark.usefixtures("suites_pass")
def test_a_gate_that_breaks_off_leaves_no_verdict_to_publish_by(settings, monkeypatch):
    judge(settings)
    monkeypatch.setattr(gate, "run_expectations", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        judge(settings)
    with pytest.raises(ReleaseError, match="has nothing that was judged: run `warehouse nightly` first"):
        publish(settings)


@pytest.mark.usefixtures("suites_pass")
def test_checks_of_one_name_are_numbered(settings, monkeypatch):
    twin = Check("twin", "finance", "great_expectations", "warn", True)
    monkeypatch.setattr(gate, "run_expectations", lambda *_: [twin, twin])
    assert [check.check_name for check in judge(settings).checks] == ["twin", "twin (2)"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit('no room')", r"ended with code 1 \(no room\)"),
        ("import os; os.kill(os.getpid(), 9)", "ended with code -9"),
        ("import time; time.sleep(60)", "did not end within 1 seconds"),
    ],
)
def test_an_evaluation_that_fails_holds_every_domain_back_but_ops(settings, monkeypatch, script, reason):
    monkeypatch.setattr(gate_expectations, "COMMAND", (sys.executable, "-c", script))
    monkeypatch.setattr(gate_expectations, "PATIENCE_SECONDS", 1)
    verdict = judge(settings)
    assert list(verdict.held_back) == ["product", "finance"]
    assert re.search(reason, verdict.held_back["product"])
    assert {check.domain for check in verdict.checks if not check.passed} == {"product", "finance", "ops"}


def test_the_suites_run_in_a_process_of_their_own_hold_finance_back_and_let_product_pass(tmp_path):
    settings = make_settings(tmp_path / "home")
    settings.work.mkdir(parents=True)
    make_candidate(settings.candidate, "update finance.payments_daily set succeeded = 9 where attempts = 2")
    verdict = judge(settings, ("finance.payments_daily", "product.registrations_daily"))
    assert list(verdict.held_back) == ["finance"]
    assert "attempts = succeeded + failed + pending failed (1 unexpected rows)" in verdict.held_back["finance"]
    publish(settings)
    assert read(settings.current_release, "select registrations from product.registrations_daily") == [(2,)]
    assert read(settings.current_release, "select 1 from duckdb_tables() where schema_name = 'finance'") == []
    assert (data_docs(settings) / "index.html").exists()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the process in /proc")
def test_the_evaluation_ends_with_a_gate_that_is_killed_so_that_no_reader_keeps_the_candidate(tmp_path):
    settings = make_settings(tmp_path / "home")
    settings.work.mkdir(parents=True)
    make_candidate(settings.candidate)
    script = (
        "import sys; from pathlib import Path; from tests.warehouse.toys import make_settings; "
        "from dagster_project.warehouse.gate.suites import run_expectations; "
        "run_expectations(make_settings(Path(sys.argv[1])), ['product.registrations_daily'])"
    )
    killed = subprocess.Popen([sys.executable, "-c", script, str(settings.home)], cwd=PROJECT_ROOT)
    evaluation = _first_child(killed.pid)
    time.sleep(0.5)
    assert _lives(evaluation)
    killed.kill()
    killed.wait()
    deadline = time.monotonic() + 10
    while _lives(evaluation) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(evaluation)


def _first_child(process: int) -> int:
    children = Path(f"/proc/{process}/task/{process}/children")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if found := children.read_text().split():
            return int(found[0])
        time.sleep(0.02)
    raise AssertionError("the gate started no process")


def _lives(process: int) -> bool:
    """Whether a process runs; one that ended and that nobody has waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
