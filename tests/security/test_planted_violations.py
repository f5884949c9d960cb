"""The simulator plants attacks, travels and exports; the rules find exactly these, with their figures."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from dagster_project.simulator import simulate
from tests.incremental.nights import Nights

START, DAYS = date(2026, 7, 1), 60


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    night = Nights(tmp_path_factory.mktemp("home"), domains={"security", "ops"})
    simulate(night.settings.landing, 120, DAYS, 5, START)
    night.run(START + timedelta(days=DAYS - 1))
    return night


@pytest.fixture(scope="module")
def truth(night: Nights) -> dict:
    return json.loads((night.settings.home / "sample_truth.json").read_text(encoding="utf-8"))


def test_every_brute_force_source_is_one_violation_with_all_its_failures(night: Nights, truth: dict) -> None:
    planted = sorted(source["failures"] for source in truth["brute_force_sources"])
    found = night.query("""
        select count(*) from security.violation_evidence join security.compliance_violations using (violation_id)
        where rule = 'brute_force_source' group by violation_id order by 1
    """)
    assert planted and [count for (count,) in found] == planted


def test_the_days_of_attacks_have_a_brute_force_source_and_no_other_day_has(night: Nights, truth: dict) -> None:
    planted = sorted({source["from"][:10] for source in truth["brute_force_sources"]})
    found = night.query(
        "select activity_date::varchar from security.authentication_daily where brute_force_sources > 0"
    )
    assert sorted(day for (day,) in found) == planted


def test_the_days_of_attacks_and_no_others_are_unusual_once_there_is_enough_history(night: Nights, truth: dict) -> None:
    """Seven days for the level and five weeks to compare with: the 43rd day is the first that can be judged."""
    planted = {source["from"][:10] for source in truth["brute_force_sources"]}
    found = dict(night.query("select day::varchar, outcome from ops.anomalies where figure = 'failed logins'"))
    first_judged = str(START + timedelta(days=42))
    assert {day for day, outcome in found.items() if outcome == "not enough history"} == {
        day for day in found if day < first_judged
    }
    assert (
        {day for day, outcome in found.items() if outcome == "unusual"}
        == {day for day in planted if day >= first_judged}
        != set()
    )


def test_every_impossible_travel_is_found_when_the_traveller_arrives(night: Nights, truth: dict) -> None:
    planted = {(f"user {travel['user_id']}", travel["away_at"]) for travel in truth["impossible_travels"]}
    found = night.query("""
        select subject, strftime(detected_at, '%Y-%m-%dT%H:%M:%SZ') from security.compliance_violations
        where rule = 'impossible_travel'
    """)
    assert planted and planted <= set(found)


def test_every_export_without_a_purpose_is_evidence(night: Nights, truth: dict) -> None:
    planted = set(truth["exports_without_purpose"])
    found = night.query("""
        select event_id from security.violation_evidence join security.compliance_violations using (violation_id)
        where rule = 'export_without_purpose'
    """)
    assert planted and {event for (event,) in found} == planted


def test_daily_counts_are_those_of_the_raw_rows_counted_one_by_one(night: Nights) -> None:
    rows = night.query(
        "select occurred_at::date::varchar, outcome, user_id, ip from raw.security_events where event_type = 'login'"
    )
    expected: dict[str, list] = {}
    for day, outcome, user, source in rows:
        counted = expected.setdefault(day, [0, 0, set(), set()])
        counted[0] += 1
        counted[1] += outcome == "failure"
        counted[2] |= {user} - {None}
        counted[3] |= {source} - {None}
    found = night.query("""
        select activity_date::varchar, attempts, failures, distinct_users, distinct_sources
        from security.authentication_daily
    """)
    assert {day: [*counts] for day, *counts in found} == {
        day: [attempts, failures, len(users), len(sources)]
        for day, (attempts, failures, users, sources) in expected.items()
    }
