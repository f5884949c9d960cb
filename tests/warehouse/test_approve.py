"""A domain is held back when closed figures move too much, until somebody approves exactly that."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import Settings
from dagster_project.warehouse.gate.verdict import Rule
from dagster_project.warehouse.release.approve import approve, waiting
from dagster_project.warehouse.release.releases import ReleaseError, publish
from tests.warehouse.toys import judge, make_settings, read, write_candidate

PAYMENTS = "finance.payments_daily"
RULES = {PAYMENTS: Rule(["payment_date", "kind"], tolerance=0.5, floors={"attempts": 1000})}
FRESHNESS = "select is_held_back, reason from ops.domain_freshness where domain = 'finance'"
MOVED = (
    "select strftime(period, '%m-%d'), key, column_name, old_value, new_value, cause from ops.restatements order by 1"
)
APPROVALS = "select domain, approved_by <> '', reason from ops.approvals"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home that has published 1,000 payments for each of three days."""
    settings = make_settings(tmp_path / "home")
    night(settings, 1000)
    return settings


def night(settings: Settings, attempts: int, cause: str | None = None, rules: dict[str, Rule] = RULES) -> None:
    write_candidate(settings, attempts)
    if cause:
        with duckdb.connect(str(settings.candidate)) as connection:
            connection.execute(
                "create or replace table load.causes as select now()::timestamp + interval 1 hour as noted_at, "
                f"'{cause}' as cause, null::varchar as feed, null::date as first_day, null::date as last_day"
            )
    judge(settings, rules=rules)
    publish(settings, report=lambda _: None)


def attempts(settings: Settings) -> int:
    return read(settings.current_release, f"select min(attempts) from {PAYMENTS}")[0][0]


def test_what_moves_within_the_tolerance_is_published_and_told_figure_by_figure(settings) -> None:
    night(settings, 1500)
    assert attempts(settings) == 1500
    assert read(settings.current_release, MOVED) == [
        (day, '{"kind":"bill"}', "attempts", 1000, 1500, "late data") for day in ("11-01", "11-02", "11-03")
    ]


def test_what_was_restated_is_handed_on_and_a_night_without_change_adds_nothing(settings) -> None:
    night(settings, 1100)
    night(settings, 1100)
    night(settings, 1200)
    told = read(settings.current_release, "select old_value, count(*) from ops.restatements group by 1 order by 1")
    assert told == [(1000, 3), (1100, 3)]


def test_a_figure_beyond_its_tolerance_holds_the_domain_back_and_says_what_moved_and_what_to_do(settings) -> None:
    night(settings, 1501)
    held, reason = read(settings.current_release, FRESHNESS)[0]
    assert held and attempts(settings) == 1000
    assert 'finance.payments_daily attempts of 2026-11-01 {"kind":"bill"}: 1,000 became 1,501' in reason
    assert "late data, tolerance 50%" in reason and "`warehouse approve finance`" in reason
    assert read(settings.current_release, MOVED) == []
    assert read(settings.current_release, "select max(registrations) from product.registrations_daily") == [(1501,)]


@pytest.mark.parametrize("cause", ["backfill", "erasure"])
def test_an_act_of_its_own_needs_no_approval(settings, cause) -> None:
    write_candidate(settings, 1)
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute("create schema load")
    night(settings, 1, cause)
    assert attempts(settings) == 1
    assert {row[-1] for row in read(settings.current_release, MOVED)} == {cause}


@pytest.mark.parametrize("rule", [Rule(["payment_date", "kind"]), Rule(["payment_date", "kind"], tolerance=0.5)])
def test_a_table_without_tolerance_or_headline_is_never_held_back(settings, rule) -> None:
    night(settings, 1, rules={PAYMENTS: rule})
    assert attempts(settings) == 1


def test_a_figure_below_its_floor_is_not_judged(tmp_path) -> None:
    settings = make_settings(tmp_path)
    night(settings, 999)
    night(settings, 1)
    assert attempts(settings) == 1


def test_an_approval_publishes_the_held_back_candidate_at_once_and_is_written_down(settings) -> None:
    night(settings, 10)
    reason = read(settings.current_release, FRESHNESS)[0][1]
    release = approve(settings, report=lambda _: None)
    assert release.is_current and release.domains_held_back == ()
    assert attempts(settings) == 10
    assert read(settings.current_release, FRESHNESS) == [(False, None)]
    assert read(settings.current_release, APPROVALS) == [("finance", True, reason)]
    assert len(read(settings.current_release, MOVED)) == 3


def test_an_approval_does_not_cover_what_comes_later(settings) -> None:
    night(settings, 10_000)
    approve(settings, "finance", report=lambda _: None)
    night(settings, 2)
    assert read(settings.current_release, FRESHNESS)[0][0] and attempts(settings) == 10_000
    night(settings, 9_000)
    assert not read(settings.current_release, FRESHNESS)[0][0]
    assert len(read(settings.current_release, APPROVALS)) == 1


def test_an_approval_of_a_candidate_that_changed_since_it_was_judged_is_refused(settings) -> None:
    night(settings, 10)
    with duckdb.connect(str(settings.candidate)) as connection:
        connection.execute(f"update {PAYMENTS} set attempts = 9")
    with pytest.raises(ReleaseError, match="not of this candidate"):
        approve(settings, report=lambda _: None)
    assert attempts(settings) == 1000


def test_failing_checks_are_nothing_that_can_be_approved(settings) -> None:
    write_candidate(settings, 10)
    judge(settings, {"finance": "a check failed"}, rules=RULES)
    publish(settings, report=lambda _: None)
    with pytest.raises(ReleaseError, match=r"no moved figure holds finance back, .* for an approval: none"):
        approve(settings, "finance", report=lambda _: None)


def test_what_waits_for_an_approval_can_be_listed_without_publishing(settings) -> None:
    night(settings, 10)
    [beyond] = waiting(settings)
    assert [(f.column, f.old, f.new) for f in beyond.figures] == [("attempts", 1000, 10)] * 3
    assert attempts(settings) == 1000


def test_a_release_made_before_restatements_were_told_is_compared_and_its_history_kept(settings) -> None:
    settings.current_release.resolve().chmod(0o600)
    with duckdb.connect(str(settings.current_release.resolve())) as connection:
        connection.execute("drop table ops.restatements; drop table ops.approvals")
    night(settings, 1100)
    assert len(read(settings.current_release, MOVED)) == 3
    assert read(settings.current_release, "select count(*) from ops.releases") == [(2,)]
