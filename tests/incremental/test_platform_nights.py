"""Rows that come late, are repeated or withdrawn, and what they change on other hours and days than their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from dagster_project.settings import Reporting
from tests.incremental.nights import File, Nights, differences

MARCH = "2024-03-"
NEW_YORK = Reporting(reporting_timezone="America/New_York")
DOMAINS = ("platform", "security")


def file(feed: str, day: int, rows: Sequence[dict], name: str = "part.ndjson") -> File:
    """A delivery of the given day of March 2024."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    return File(feed, date(2024, 3, day), name, lines.encode())


def samples(*values: tuple[str, float]) -> list[dict]:
    """Samples of a counter, and of the processor of a host, at `09 23:55` of March."""
    common = {"source": "prom", "resource_type": "host", "resource_id": "web-1"}
    return [
        {**common, "metric": metric, "sampled_at": f"{MARCH}{at}:00Z".replace(" ", "T"), "value": value}
        for at, value in values
        for metric in ("requests_total", "cpu_utilization")
    ]


def span(span_id: str, parent: str | None, at: str, duration_ms: float) -> dict:
    return {
        "span_id": span_id,
        "trace_id": "t1",
        "parent_span_id": parent,
        "service": "pay",
        "operation": "handle" if parent is None else "query",
        "started_at": f"{MARCH}{at}Z",
        "duration_ms": duration_ms,
    }


def check(at: str, status: str) -> dict:
    return {"check_id": f"c{at}", "checked_at": f"{MARCH}{at}Z", "integration": "bank", "status": status}


def login(at: str, outcome: str, user: str | None = None, country: str = "US", ip: str = "203.0.113.9") -> dict:
    event = {"security_event_id": f"s{at}{user}{country}", "occurred_at": f"{MARCH}{at}Z", "event_type": "login"}
    return {**event, "outcome": outcome, "user_id": user, "ip": ip, "country": country}


def burst(at: str, ip: str = "2001:db8::5") -> list[dict]:
    """Ten failed logins from one source within nine seconds."""
    return [login(f"{at}:0{second}", "failure", ip=ip) for second in range(10)]


def error(at: str, fingerprint: str | None, message: str = "Bill 7 is gone") -> dict:
    found = {"error_id": f"e{at}{message}", "occurred_at": f"{MARCH}{at}Z", "error_type": "GoneError"}
    return {**found, "platform": "web", "fingerprint": fingerprint, "message": message}


def access(at: str, actor: str, action: str = "read", purpose: str | None = "ticket") -> dict:
    record = {"audit_id": f"a{at}{actor}", "occurred_at": f"{MARCH}{at}Z", "actor": actor, "action": action}
    return {**record, "object_type": "invoice", "purpose": purpose, "outcome": "success", "contains_pii": True}


def request(number: int, at: str, status: int = 200, route: str = "/v1/payments") -> dict:
    return {
        "request_id": f"r{number}",
        "started_at": f"{MARCH}{at}Z",
        "service": "pay",
        "method": "POST",
        "route": route,
        "status_code": status,
        "duration_ms": float(number),
    }


def line(number: int, at: str, message: str) -> dict:
    logged = {"log_id": f"l{number}", "logged_at": f"{MARCH}{at}Z", "service": "pay", "level": "info"}
    return {**logged, "message": message}


MEGABYTE = "took 5 ms " * 100_000

# Midnight in New York is 05:00 UTC until the 10th, then 04:00.
FIRST = [
    file("metric_samples", 9, samples(("09 22:50", 10), ("09 23:50", 90), ("10 01:10", 5))),
    file("trace_spans", 9, [span("root", None, "09T23:59:59.500", 1000), span("orphan", "x", "09T23:00:00", 100)]),
    file("integration_status", 9, [check("09T12:00:00", "up"), check("10T04:50:00", "down")]),
    file("security_events", 9, [login(f"10T04:5{n}:00", "failure") for n in range(1, 6)]),
    file("security_events", 9, burst("08T10:00"), "slow.ndjson"),
    file("client_errors", 9, [error("09T10:00:00", None), error("09T11:00:00", "fp-1")]),
    file("audit_log", 9, [access("01T10:00:00", "al"), access("09T10:00:00", "bo")]),
    file("api_requests", 9, [request(1, "09T10:00:00"), request(2, "09T10:30:00", 503)]),
    file("app_logs", 9, [line(1, "09T10:00:00", "took 5 ms"), line(2, "09T10:30:00", "took 7 ms")]),
    file("web_vitals", 9, [{"vital_id": "v1", "measured_at": "2024-03-10T04:59:59Z", "metric": "LCP", "value": 2500}]),
]
SECOND = [
    # the counter's gap is closed, a child of an hour before comes, the bank recovers after midnight
    file("metric_samples", 10, samples(("10 00:30", 95), ("10 02:00", 9))),
    file("trace_spans", 10, [span("child", "root", "10T00:00:00.100", 300)]),
    file("integration_status", 10, [check("10T05:20:00", "up"), check("10T18:00:00", "down")]),
    # the burst goes on after midnight, and an account is in two countries on two days
    file("security_events", 10, [login(f"10T05:0{n}:00", "failure", "ann") for n in range(5)]),
    file(
        "security_events",
        10,
        [login("10T04:30:00", "success", "bob"), login("10T05:30:00", "success", "bob", "JP", "203.0.113.10")],
        "travel.ndjson",
    ),
    file("security_events", 10, burst("10T09:00"), "slow.ndjson"),
    file("client_errors", 10, [error("10T10:00:00", None, "Bill 8 is gone"), error("10T10:00:00", "fp-1")]),
    file("audit_log", 10, [access("10T10:00:00", "al", "export", None)]),
    # a route that was never seen, and a late request of an hour that is done
    file("api_requests", 10, [request(3, "09T10:59:59.999"), request(4, "10T10:00:00", 201, "/v1/groups/{id}")]),
    file("app_logs", 10, [line(3, "08T10:00:00", "took 9 ms"), line(4, "10T10:00:00", "refused")]),
    file("app_logs", 10, [line(5, "10T10:00:00", MEGABYTE), line(6, "10T11:00:00", MEGABYTE + "7")], "long.ndjson"),
    file("client_errors", 10, [error("10T12:00:00", None, MEGABYTE + at) for at in "78"], "long.ndjson"),
    file("web_vitals", 10, [{"vital_id": "v2", "measured_at": "2024-03-10T05:00:00Z", "metric": "LCP", "value": 9}]),
]
THIRD = [
    # everything earlier than it was known: the first error, the first access, the start of the audit log
    file("client_errors", 12, [error("08T10:00:00", "fp-1"), error("08T10:00:00", None, "Bill 9 is gone")]),
    file("audit_log", 12, [access("10T09:00:00", "al"), access("12T10:00:00", "cy")]),
    file("metric_samples", 12, samples(("09 23:20", 40))),
    file("integration_status", 12, [check("10T03:00:00", "down"), check("12T12:00:00", "up")]),
    file("security_events", 12, [login("10T05:05:00", "success", "ann"), login("10T04:40:00", "success", "bob", "XX")]),
    file("trace_spans", 12, [span("late", "child", "10T00:00:00.150", 500)]),
    # less than a day from the burst before it and from the one after it, so that the three are one attack
    file("security_events", 12, burst("09T09:30"), "slow.ndjson"),
]
# Withdrawn: the same paths with other content.
FOURTH = [
    file("client_errors", 12, [error("11T10:00:00", "fp-2")]),
    file("metric_samples", 9, samples(("09 22:50", 10))),
    file("trace_spans", 10, []),
    file("integration_status", 9, [check("09T12:00:00", "up")]),
    file("security_events", 9, [login("10T04:51:00", "failure")]),
    file("security_events", 12, [], "slow.ndjson"),
    file("audit_log", 9, [access("02T10:00:00", "al")]),
    file("api_requests", 9, [request(1, "09T10:00:00")]),
    file("app_logs", 10, [line(4, "10T10:00:00", "refused")]),
    file("web_vitals", 9, []),
]
NIGHTS = ((FIRST, date(2024, 3, 9)), (SECOND, date(2024, 3, 10)), (THIRD, date(2024, 3, 12)))


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Nights]:
    """Homes after three nights and after four, each hour or day a portion, and the same deliveries at once."""
    found = {}
    nightly = Nights(tmp_path_factory.mktemp("nightly"), NEW_YORK, DOMAINS, rows_of_a_portion=1)
    for files, as_of in NIGHTS:
        nightly.deliver(files)
        nightly.run(as_of)
    found["three nights"] = _copy(nightly, tmp_path_factory.mktemp("three"))
    nightly.deliver(FOURTH)
    nightly.run(date(2024, 3, 13))
    found["four nights"] = nightly
    at_once = Nights(tmp_path_factory.mktemp("at_once"), NEW_YORK, DOMAINS)
    for files, _ in NIGHTS:
        at_once.deliver(files)
    at_once.run(date(2024, 3, 12))
    found["three at once"] = _copy(at_once, tmp_path_factory.mktemp("three_at_once"))
    afresh = Nights(tmp_path_factory.mktemp("afresh"), NEW_YORK, DOMAINS)
    for files, _ in (*NIGHTS, (FOURTH, None)):
        afresh.deliver(files)
    afresh.run(date(2024, 3, 13))
    found["four at once"] = afresh
    return found


def _copy(nights: Nights, home: Path) -> Nights:
    copied = Nights(home, NEW_YORK, DOMAINS)
    copied.settings.candidate.parent.mkdir(parents=True, exist_ok=True)
    copied.settings.candidate.write_bytes(nights.settings.candidate.read_bytes())
    return copied


@pytest.mark.parametrize("number", ["three", "four"])
def test_nights_give_what_one_load_gives(homes, number):
    assert differences(homes[f"{number} nights"], homes[f"{number} at once"]) == {}


def test_the_nights_were_computed_in_portions(homes):
    """What dbt ran of the last night: one statement for each hour or day that was touched."""
    ran = homes["four nights"].settings.work / "dbt" / "target" / "run" / "warehouse" / "models" / "marts" / "platform"

    assert (ran / "infrastructure_hourly.sql").read_text().count("insert into") > 1
    assert (ran / "traces_hourly.sql").read_text().count("insert into") > 1


def test_a_late_sample_gives_the_next_one_a_rate(homes):
    """10 at 22:50, 40 at 23:20, 90 at 23:50, 95 at 00:30: at 23 h 80 more in an hour, at 0 h 5 more in 40 minutes.

    At 01:10 the counter has begun anew: 5 in 40 minutes; at 02:00 it is at 9: 4 in 50 minutes.
    """
    found = homes["three nights"].query("""
        select hour::varchar, samples, avg_value from platform.infrastructure_hourly
        where metric = 'requests_total' order by hour
    """)

    assert found == [
        ("2024-03-09 22:00:00", 1, None),
        ("2024-03-09 23:00:00", 2, pytest.approx(80 / 3600)),
        ("2024-03-10 00:00:00", 1, pytest.approx(5 / 2400)),
        ("2024-03-10 01:00:00", 1, pytest.approx(5 / 2400)),
        ("2024-03-10 02:00:00", 1, pytest.approx(4 / 3000)),
    ]


def test_a_child_that_comes_late_takes_from_the_self_time_of_an_earlier_hour(homes):
    """At 23 h 1,000 ms of the root less 300 of a child that begins at 0 h, beside 100 of an orphan; at 0 h children."""
    shares = "select hour::varchar, operation, self_time_share from platform.traces_hourly order by all"

    assert homes["three nights"].query(shares) == [
        ("2024-03-09 23:00:00", "handle", 0.875),
        ("2024-03-09 23:00:00", "query", 0.125),
        ("2024-03-10 00:00:00", "query", 1.0),
    ]


def test_an_earlier_error_that_comes_late_is_the_new_one(homes):
    new = """
        select fingerprint like 'GoneError-%', activity_date::varchar from platform.errors_daily
        where is_new and occurrences < 2 order by all
    """

    assert homes["three nights"].query(new) == [(False, "2024-03-08"), (True, "2024-03-08")]
    assert homes["four nights"].query(new) == [(False, "2024-03-09"), (False, "2024-03-11"), (True, "2024-03-09")]


def test_downtime_over_midnight_belongs_to_both_days(homes):
    """Down from 22:00 on the 9th (03:00 UTC) until 00:20: 120 and 20 minutes; on the 10th from 14:00 until midnight,
    600 minutes; nothing was heard on the 11th."""
    found = homes["three nights"].query("""
        select activity_date::varchar, incidents, downtime_minutes::double from platform.integrations_daily order by all
    """)

    assert found == [("2024-03-09", 1, 120.0), ("2024-03-10", 1, 620.0), ("2024-03-12", 0, 0.0)]


def test_a_burst_and_a_journey_over_midnight_are_found(homes):
    found = homes["three nights"].query("select rule from security.compliance_violations order by all")

    assert [rule for (rule,) in found] == [
        "brute_force_source",
        "brute_force_source",
        "export_without_purpose",
        "impossible_travel",
        "success_after_failures",
    ]


def test_bursts_within_a_day_of_each_other_are_one_violation_and_further_apart_two(homes):
    bursts = """
        select count(*), min(occurred_at)::varchar from security.violation_evidence
        where event_id like 's08T10:00%' or event_id like 's09T09:30%' or event_id like 's10T09:00%'
        group by violation_id order by all
    """

    assert homes["three nights"].query(bursts) == [(30, "2024-03-08 10:00:00")]
    assert homes["four nights"].query(bursts) == [(10, "2024-03-08 10:00:00"), (10, "2024-03-10 09:00:00")]


def test_messages_of_a_megabyte_are_one_kind_by_their_beginning(homes):
    """The first thousand characters decide: a hundred times `took 5 ms `. What comes after is a trace or a body."""
    patterns = "select pattern, lines from platform.log_patterns_daily where lines = 2 and length(pattern) > 100"
    errors = "select occurrences from platform.errors_daily where activity_date = '2024-03-10' order by all"

    assert homes["three nights"].query(patterns) == [("took <number> ms " * 100, 2)]
    assert homes["three nights"].query(errors) == [(1,), (1,), (2,)]
