"""Nights with retention on give, within the limits, the figures of one load of everything that keeps all of it.

Twenty days of all nine feeds with a limit, late by a day at most, which an open day always takes in. Midnight of the
reporting time zone is 05:00 UTC. Platform is held back in the first night.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from dagster_project.privacy.expire import expire_rows
from dagster_project.privacy.retention import limited_feeds
from dagster_project.settings import Reporting, Settings
from dagster_project.warehouse.build import transform
from dagster_project.warehouse.build.project import project_manifest
from dagster_project.warehouse.build.transform import run_dbt
from dagster_project.warehouse.gate.restatement_rules import restatement_rules
from dagster_project.warehouse.gate.suites import run_expectations
from dagster_project.warehouse.release.releases import open_release, publish
from tests.incremental.nights import File, Nights, differences
from tests.warehouse.toys import judge

FIRST, DAYS = date(2024, 2, 1), 20
# Those that have feeds with a limit, and what tells of deliveries.
DOMAINS = ("platform", "security", "ops")
NEW_YORK = Reporting(reporting_timezone="America/New_York")
LIMITS = {
    "metrics_raw_days": 5,
    "application_logs_days": 6,
    "security_logs_days": 7,
    "audit_logs_days": 9,
    "metrics_aggregated_days": 8,
    "metrics_historical_days": 12,
}
KEPT = Reporting(reporting_timezone="America/New_York", apply_retention=True, **LIMITS)
# The nights are after so many days; what is held back then.
CUTS: dict[int, dict[str, str]] = {9: {"platform": "a check failed"}, 13: {}, DAYS: {}}
LAST = FIRST + timedelta(days=DAYS - 1)
FIRST_HOURS, FIRST_DAYS = LAST - timedelta(days=7), LAST - timedelta(days=11)
# Every other published table is of logs, of what stays for good, or of no period.
WITHIN = {
    "platform.infrastructure_hourly": f"hour >= timestamp '{FIRST_HOURS} 05:00:00'",
    "platform.web_vitals_daily": f"activity_date >= date '{FIRST_DAYS}'",
    "platform.integrations_daily": f"activity_date >= date '{FIRST_DAYS}'",
    # of the one that goes on over the limit, what is kept of it
    "platform.infrastructure_breaches": f"began_at >= timestamp '{FIRST_HOURS} 05:00:00'",
}
# A whole file of a day that is closed by then.
TOO_LATE = {"vital_id": "late", "measured_at": "2024-01-30T12:00:00Z", "metric": "LCP", "value": 1, "page": "/bills"}
LATE = File("web_vitals", date(2024, 1, 30), "late.ndjson", json.dumps(TOO_LATE).encode() + b"\n")
METRICS = ("platform.infrastructure_hourly", "platform.web_vitals_daily", "platform.integrations_daily")
LOGS = ("platform.api_performance_hourly", "platform.traces_hourly")


def deliveries(day: date) -> Iterator[File]:
    """What is delivered at the end of a day: rows of it and of the evening before, by a seed of its own."""
    chance = random.Random(day.toordinal())
    rows: dict[str, list[dict]] = {}
    for number in range(40):
        at = datetime.combine(day, datetime.min.time()) + timedelta(minutes=chance.randrange(-600, 24 * 60))
        for feed, row in some_rows(f"{day}-{number}", at, chance):
            rows.setdefault(feed, []).append(row)
    for feed, listed in rows.items():
        yield File(feed, day, "part.ndjson", "".join(json.dumps(row) + "\n" for row in listed).encode())


def some_rows(key: str, at: datetime, chance: random.Random) -> Iterator[tuple[str, dict]]:
    """A row of each feed at about a moment; few values each, so that hours, days, bursts and states meet."""
    when, user = f"{at.isoformat()}Z", chance.choice(["ann", "ben", "cyd"])
    common = {"source": "prom", "resource_type": "host", "resource_id": chance.choice(["web-1", "web-2"])}
    for metric, unit, value in (("requests_total", None, chance.randrange(1000)), ("cpu_utilization", "percent", 60)):
        value = value if unit is None else chance.randrange(60, 100)
        yield "metric_samples", {**common, "metric": metric, "unit": unit, "sampled_at": when, "value": value}
    bucket = {**common, "metric": "latency_bucket", "sampled_at": when, "value": chance.randrange(1000)}
    yield "metric_samples", {**bucket, "labels": {"le": chance.choice(["1", "5", "+Inf"])}}
    vital = {"vital_id": key, "measured_at": when, "metric": chance.choice(["LCP", "CLS"])}
    yield "web_vitals", {**vital, "value": chance.randrange(4000), "page": "/bills"}
    check = {"check_id": key, "checked_at": when, "integration": "bank", "latency_ms": chance.randrange(900)}
    yield "integration_status", {**check, "status": chance.choice(["up", "up", "down"])}
    error = {"error_id": key, "occurred_at": when, "platform": "web", "error_type": "GoneError", "user_id": user}
    yield "client_errors", {**error, "message": f"{'abcdefghij'[at.day % 10]} is gone"}
    request = {"request_id": key, "started_at": when, "service": "pay", "method": "POST", "route": "/v1/payments"}
    yield (
        "api_requests",
        {**request, "status_code": chance.choice([200, 404, 503]), "duration_ms": chance.random() * 99},
    )
    span = {"trace_id": key, "service": "pay", "started_at": when, "duration_ms": chance.randrange(1, 90_000_000)}
    yield "trace_spans", {**span, "span_id": f"{key}-1", "operation": "handle"}
    late = f"{(at + timedelta(minutes=chance.randrange(60))).isoformat()}Z"
    child = {"span_id": f"{key}-2", "parent_span_id": f"{key}-1", "operation": "query", "started_at": late}
    yield "trace_spans", {**span, **child, "duration_ms": chance.randrange(1, 9_000_000)}
    line = {"log_id": key, "logged_at": when, "service": "pay", "level": chance.choice(["info", "error"])}
    yield "app_logs", {**line, "message": f"took {chance.randrange(9)} ms in {'xyz'[at.day % 3]}"}
    login = {"occurred_at": when, "user_id": user, "ip": "203.0.113.9", "country": chance.choice(["US", "US", "JP"])}
    for number in range(4):
        login |= {"security_event_id": f"{key}-{number}", "event_type": "login"}
        yield "security_events", {**login, "outcome": chance.choice(["failure", "failure", "success"])}
    other = {"event_type": chance.choice(["access_denied", "privilege_change"]), "outcome": "success", "target": "role"}
    yield "security_events", {**login, **other, "security_event_id": f"{key}-o"}
    access = {"audit_id": key, "occurred_at": when, "actor": user, "action": chance.choice(["read", "export"])}
    access |= {"object_type": chance.choice(["invoice", "meter"]) + "ab"[at.day > 9], "outcome": "success"}
    yield "audit_log", {**access, "contains_pii": True, "purpose": chance.choice(["ticket", None])}


@dataclass(frozen=True)
class Homes:
    """A home with retention after its last night, the same rebuilt after that, and one that keeps everything."""

    nightly: Nights
    rebuilt: Nights
    everything: Nights
    after_held_back: dict[str, date]


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    nightly = Nights(tmp_path_factory.mktemp("nightly"), KEPT, DOMAINS)
    taken_in = 0
    for cut, held_back in CUTS.items():
        for day in range(taken_in, cut):
            nightly.deliver(deliveries(FIRST + timedelta(days=day)))
        taken_in = cut
        if cut == DAYS:
            nightly.deliver([LATE])
        night(nightly, FIRST + timedelta(days=cut - 1), held_back)
        if held_back:
            after_held_back = oldest_rows(nightly)
    everything = Nights(tmp_path_factory.mktemp("everything"), NEW_YORK, DOMAINS)
    for day in range(DAYS):
        everything.deliver(deliveries(FIRST + timedelta(days=day)))
    everything.run(LAST)
    rebuilt = Nights(tmp_path_factory.mktemp("rebuilt") / "home", KEPT, DOMAINS)
    shutil.copytree(nightly.settings.home, rebuilt.settings.home, symlinks=True, dirs_exist_ok=True)
    with duckdb.connect(str(rebuilt.settings.candidate)) as connection:  # as if the table had had other columns
        connection.execute("alter table security.events_daily drop column users")
        connection.execute("alter table security.events_daily add column former integer")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(transform, "_definitions", lambda settings, manifest: "other definitions")
        rebuilt.run(LAST)
    return Homes(nightly, rebuilt, everything, after_held_back)


def night(nights: Nights, as_of: date, held_back: dict[str, str]) -> None:
    """Load, build, judge, publish, delete."""
    nights.run(as_of)
    manifest = project_manifest(nights.settings)
    judge(nights.settings, held_back, as_of=as_of, rules=restatement_rules(manifest))
    publish(nights.settings, _silent)
    expire_rows(nights.settings, as_of, manifest, _silent)


def _silent(message: str) -> None:
    pass


def oldest_rows(nights: Nights) -> dict[str, date]:
    """By feed, the local day of the oldest row."""
    found = {}
    for feed in limited_feeds().values():
        time = f"min({feed.event_time} at time zone 'UTC' at time zone 'America/New_York')"
        found[feed.name] = nights.query(f"select cast({time} as date) from raw.{feed.name}")[0][0]
    return found


def test_every_figure_within_its_limit_is_that_of_a_home_that_keeps_everything(homes: Homes) -> None:
    assert differences(homes.nightly, homes.everything, within=WITHIN) == {}


def test_a_changed_definition_rebuilds_open_days_and_loses_no_closed_one(homes: Homes) -> None:
    found = differences(homes.rebuilt, homes.everything, within=WITHIN)

    assert found.keys() == {"security.events_daily"}


def test_a_column_that_is_new_is_null_in_closed_days_and_one_that_is_no_more_is_gone(homes: Homes) -> None:
    """Seven days as of the 20th of February begin with the 14th, and rows are taken in from the 16th on."""
    columns = "select column_name from duckdb_columns() where schema_name = 'security' and table_name = 'events_daily'"
    days = """
        select activity_date < '2024-02-16', count(users) = 0, count(users) = count(*), sum(events)
        from security.events_daily group by all order by all
    """

    open_days, closed_days = homes.rebuilt.query(days)

    assert homes.rebuilt.query(columns) == homes.everything.query(columns)
    assert (open_days[:3], closed_days[:3]) == ((False, False, True), (True, True, False))
    assert [open_days[3:], closed_days[3:]] == [row[3:] for row in homes.everything.query(days)]


def test_of_what_was_delivered_the_days_of_its_class_are_left(homes: Homes) -> None:
    metrics, logs = date(2024, 2, 16), date(2024, 2, 15)  # 5 and 6 days as of the 20th
    assert oldest_rows(homes.nightly) == {
        **dict.fromkeys(("web_vitals", "metric_samples", "integration_status"), metrics),
        **dict.fromkeys(("client_errors", "api_requests", "trace_spans", "app_logs"), logs),
        "security_events": date(2024, 2, 14),
        "audit_log": date(2024, 2, 12),
    }
    files = [path.parent.name for path in homes.nightly.settings.landing.glob("*/*/*")]
    assert min(files) == "dt=2024-02-12"


def test_a_file_of_a_closed_day_is_accounted_for_and_counted_nowhere(homes: Homes) -> None:
    of_it = "where feed = 'web_vitals' and file = 'late.ndjson'"
    ledger = homes.nightly.query(f"select lines, loaded, duplicates, quarantined from load.deliveries {of_it}")

    assert ledger == [(1, 0, 0, 1)]
    assert homes.nightly.query(f"select line, reason from load.quarantine {of_it}") == [
        (1, "measured_at is of a closed day, before 2024-02-11: metrics are kept for 5 days")
    ]


def test_checks_that_count_rows_look_at_open_days_and_take_late_lines_for_no_fault(homes: Homes) -> None:
    command = ("test", "--no-write-json", "--select", "source:platform.web_vitals")
    results = run_dbt(homes.nightly.settings, LAST, command, _silent)
    checks = run_expectations(homes.nightly.settings, LOGS, _silent)

    assert results and [(one.unique_id, one.message) for one in results if one.status != "pass"] == []
    assert len(checks) > len(LOGS) and [check for check in checks if not check.passed] == []


def test_the_night_that_turns_retention_on_is_sound_before_rows_go(tmp_path: Path) -> None:
    """Figures leave before the build, rows after the release: for a night there are rows without their figures."""
    nights = Nights(tmp_path, NEW_YORK, DOMAINS)
    for day in range(DAYS):
        nights.deliver(deliveries(FIRST + timedelta(days=day)))
    nights.run(LAST)
    judge(nights.settings, as_of=LAST)
    publish(nights.settings, _silent)
    nights.settings = Settings(tmp_path, KEPT)
    nights.run(LAST)

    checks = run_expectations(nights.settings, METRICS, _silent)

    gone = {name for (name,) in nights.query("select name from load.retention_runs where place = 'figures'")}
    assert gone > set(METRICS)
    assert len(checks) > len(METRICS)
    assert [check for check in checks if not check.passed] == []


def test_while_a_domain_is_held_back_what_it_is_made_of_stays(homes: Homes) -> None:
    """As of the 9th security alone was published, of which the 3rd to the 9th are kept then."""
    assert homes.after_held_back["web_vitals"] == date(2024, 1, 31)
    assert homes.after_held_back["security_events"] == date(2024, 2, 3)


def test_what_left_by_age_is_no_figure_that_moved(homes: Homes) -> None:
    with open_release(homes.nightly.settings) as connection:
        moved = dict(
            connection.execute("select table_name, min(period) from ops.restatements group by table_name").fetchall()
        )

    assert {table: day for table, day in moved.items() if day < date(2024, 2, 8)} == {}
    assert "platform.web_vitals_daily" in moved  # by rows that came a day late


def test_the_release_has_the_evidence_of_the_runs_before_it(homes: Homes) -> None:
    with open_release(homes.nightly.settings) as connection:
        told = connection.execute("select as_of, place, name from ops.retention_runs order by all").fetchall()

    assert (date(2024, 2, 9), "rows", "raw.web_vitals") not in told
    assert (date(2024, 2, 9), "rows", "raw.security_events") in told
    assert (date(2024, 2, 13), "rows", "raw.web_vitals") in told
    assert (date(2024, 2, 20), "figures", "platform.infrastructure_hourly") in told
