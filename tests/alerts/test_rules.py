"""Every rule on rows of the tables that it reads: what it is to find, and what is just not enough for it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from dagster_project.alerts.rules import FOLDER, Priority, read_rules
from dagster_project.settings import DBT_PROJECT, SettingsError
from tests.alerts.releases import found, opened

RULES = {rule.name: rule for rule in read_rules()}
API = "platform.api_performance_hourly (hour, service, requests, errors_5xx)"
PATHS = "platform.critical_paths_hourly (hour, critical_path, requests, failures, success_rate, meets_target)"
RESOURCES = (
    "platform.infrastructure_hourly (hour, source, resource_type, resource_id, metric, max_value, threshold, is_breach)"
)
VITALS = "platform.web_vitals_daily (activity_date, page, device, metric, samples, p75, rating)"
ERRORS = "platform.errors_daily (activity_date, platform, fingerprint, occurrences, users, first_seen_at, is_new)"
VIOLATIONS = "security.compliance_violations (violation_id, detected_at, rule, subject, evidence, status)"
HEALTH = "ops.feed_health (feed, dt, status, detail)"


class Case(NamedTuple):
    """Rows of a table, and the alerts: subject, begin and end (day and hour of October 2026), details; a * goes on."""

    table: str
    rows: str
    alerts: list[tuple[str, str, str, str]]


def violations(rule: str, other: str) -> Case:
    """One violation of the rule's priority, one of another."""
    return Case(
        VIOLATIONS,
        f"('v1', '2026-10-10 04:30', '{rule}', 'user u-1', '3 events', 'closed'), "
        f"('v2', '2026-10-10 05:00', '{rule}', 'user u-3', '1 event', 'open'), "
        f"('v3', '2026-10-10 05:00', '{other}', 'user u-2', '1 event', 'open')",
        [
            ("user u-1", "10 04:30", "10 04:30", f"{rule} (3 events): "),
            ("user u-3 *", "10 05:00", "19 00:00", f"{rule} (1 event): "),
        ],
    )


CASES = {
    "system_outage": Case(
        API,
        "('2026-10-10 04:00', 'a', 12, 9), ('2026-10-10 04:00', 'a', 8, 1), ('2026-10-10 05:00', 'a', 20, 9), "
        "('2026-10-10 04:00', 'b', 19, 19)",  # too few
        [("a", "10 04:00", "10 05:00", "50.0 % of 20 requests failed within an hour")],
    ),
    "no_healthy_host": Case(
        RESOURCES,
        "('2026-10-10 04:00', 's', 'load_balancer', 'lb', 'healthy_hosts', 0, null, false), "
        "('2026-10-10 04:00', 't', 'load_balancer', 'lb', 'HealthyHostCount', 3, null, false), "
        "('2026-10-10 05:00', 's', 'load_balancer', 'lb', 'healthy_hosts', 1, null, false), "
        "('2026-10-10 04:00', 's', 'load_balancer', 'lb', 'request_rate', 0, null, false)",
        [("lb of s", "10 04:00", "10 05:00", "no healthy host in a whole hour")],
    ),
    "payment_processing_failure": Case(
        PATHS,
        "('2026-10-10 04:00', 'payment_processing', 20, 3, 0.85, false), "
        "('2026-10-10 05:00', 'payment_processing', 30, 3, 0.9, false), "  # not below the limit
        "('2026-10-10 08:00', 'payment_processing', 12, 2, 0.83, false), "  # too few failures
        "('2026-10-10 09:00', 'payment_processing', 9, 9, 0.0, false), "  # too few requests
        "('2026-10-10 04:00', 'authentication', 20, 20, 0.0, false)",
        [("payment_processing", "10 04:00", "10 05:00", "3 of 20 requests failed within an hour")],
    ),
    "security_breach": violations("success_after_failures", "brute_force_source"),
    "data_loss": Case(
        "ops.feed_deliveries (feed, dt, file, lines, loaded, duplicates, quarantined)",
        "('users', '2026-10-10', 'a', 1, 0, 0, 1), ('users', '2026-10-10', 'b', 9, 9, 0, 0), "
        "('users', '2026-10-12', 'c', 9, 0, 0, 9), ('users', '2026-10-13', 'd', 9, 8, 0, 1), "
        "('users', '2026-10-13', 'e', 9, 0, 9, 0), ('users', '2026-10-14', 'f', 0, 0, 0, 0)",
        [  # waited for for a week
            ("users/dt=2026-10-10/a", "10 00:00", "17 00:00", "none of 1 lines could be loaded"),
            ("users/dt=2026-10-12/c *", "12 00:00", "19 00:00", "none of 9 lines could be loaded"),
        ],
    ),
    "high_error_rate": Case(
        API,
        "('2026-10-10 04:00', 'a', 100, 5), ('2026-10-10 06:00', 'a', 100, 6), ('2026-10-10 08:00', 'a', 100, 4), "
        "('2026-10-10 09:00', 'a', 60, 4), ('2026-10-10 10:00', 'a', 49, 49), ('2026-10-10 04:00', 'b', 50, 5)",
        [
            ("a", "10 04:00", "10 07:00", "6.0 % of 100 requests failed within an hour"),
            ("b", "10 04:00", "10 05:00", "10.0 % of 50 requests failed within an hour"),
        ],
    ),
    "performance_degradation": Case(
        "platform.api_performance_hourly (hour, service, requests, p95_ms)",
        # the mean of 150 at 100 ms and 50 at 500 ms, weighted by requests, is 200 ms: twice the median of seven days
        ", ".join(f"('2026-10-0{day} 04:00', 'a', 200, 100)" for day in range(1, 8))
        + ", ('2026-10-08 04:00', 'a', 150, 100), ('2026-10-08 05:00', 'a', 50, 500)"
        + ", ('2026-10-09 04:00', 'a', 200, 199), ('2026-10-10 04:00', 'a', 199, 999), "
        "('2026-10-07 04:00', 'b', 200, 1)",
        [("a", "08 00:00", "09 00:00", "95th percentile of 200 ms on 2026-10-08, usually 100 ms")],
    ),
    "authentication_issue": Case(
        PATHS,
        "('2026-10-10 04:00', 'authentication', 40, 3, 0.925, false), "
        "('2026-10-10 05:00', 'authentication', 30, 2, 0.933, false), "
        "('2026-10-10 06:00', 'authentication', 60, 3, 0.95, false)",
        [("authentication", "10 04:00", "10 05:00", "3 of 40 requests failed within an hour")],
    ),
    "integration_failure": Case(
        "platform.integrations_daily (activity_date, integration, checks, uptime, downtime_minutes)",
        "('2026-10-10', 'bank_feed', 96, 0.97, 30), ('2026-10-11', 'bank_feed', 96, 0.98, 29)",
        [("bank_feed", "10 00:00", "11 00:00", "down for 30 minutes on 2026-10-10, up in 97.0 % of checks")],
    ),
    "payment_method_failing": Case(
        "finance.payments_daily (payment_date, kind, method, succeeded, failed)",
        "('2026-10-10', 'bill', 'card', 6, 10), ('2026-10-10', 'service', 'card', 5, 0), "
        "('2026-10-11', 'bill', 'card', 12, 8), ('2026-10-10', 'bill', null, 0, 19), "
        "('2026-10-10', 'bill', 'wallet', 2, 18)",
        [
            ("card", "10 00:00", "11 00:00", "10 of 21 attempts failed on 2026-10-10"),
            ("wallet", "10 00:00", "11 00:00", "18 of 20 attempts failed on 2026-10-10"),
        ],
    ),
    "suspicious_activity": violations("brute_force_source", "export_without_purpose"),
    "compliance_issue": violations("export_without_purpose", "brute_force_source"),
    "policy_violation": violations("policy_violation", "brute_force_source"),
    "unfamiliar_access": violations("unfamiliar_access", "policy_violation"),
    "delivery_missing": Case(
        HEALTH,
        "('users', '2026-10-10', 'missing', 'no file'), ('users', '2026-10-11', 'missing', 'no file came'), "
        "('users', '2026-10-12', 'late', 'late'), ('rates', '2026-10-15', 'missing', 'due by now')",
        [
            ("rates *", "15 00:00", "19 00:00", "2026-10-15: due by now"),
            ("users", "10 00:00", "12 00:00", "2026-10-11: no file came"),
        ],
    ),
    "odd_delivery": Case(
        HEALTH,
        "('users', '2026-10-10', 'small', '1 line'), ('users', '2026-10-11', 'ok', '9 lines'), "
        "('users', '2026-10-12', 'conflicting', '2 rows'), ('users', '2026-10-13', 'late', '')",
        [
            ("users", "10 00:00", "11 00:00", "2026-10-10 is small: 1 line"),
            ("users", "12 00:00", "13 00:00", "2026-10-12 is conflicting: 2 rows"),
        ],
    ),
    "resource_threshold": Case(
        RESOURCES,
        ", ".join(
            f"('2026-10-10 {hour}:00', 's', 'host', 'web', 'cpu', {value}, 80, {value > 80})"
            for hour, value in (("03", 81), ("04", 70), ("05", 82), ("06", 88), ("07", 95), ("08", 70))
        )
        + "".join(f", ('2026-10-10 0{hour}:00', 't', 'host', 'web', 'cpu', 0.6, 0.85, false)" for hour in range(3, 9))
        + ", ('2026-10-10 03:00', 's', 'host', 'web', 'disk_io', 95, null, false)",
        [("host web, cpu of s", "10 05:00", "10 08:00", "up to 95 where 80 is the threshold")],
    ),
    "feature_issue": Case(
        PATHS,
        "('2026-10-10 04:00', 'group_operations', 20, 3, 0.85, false), "
        "('2026-10-10 05:00', 'group_operations', 20, 2, 0.9, false), "
        "('2026-10-10 06:00', 'meter_reading_submission', 900, 3, 0.997, true), "
        "('2026-10-10 04:00', 'payment_processing', 20, 9, 0.55, false)",
        [("group_operations", "10 04:00", "10 05:00", "3 of 20 requests failed within an hour")],
    ),
    "poor_web_vital": Case(
        VITALS,
        "('2026-10-10', '/pay', 'mobile', 'LCP', 100, 5000, 'poor'), "
        "('2026-10-10', '/', 'mobile', 'LCP', 100, 6000, 'poor'), "
        "('2026-10-10', '/', 'desktop', 'LCP', 100, 900, 'good'), "
        "('2026-10-10', '/help', 'mobile', 'LCP', 100, 900, 'good'), "
        "('2026-10-11', '/', 'mobile', 'LCP', 99, 9000, 'poor')",
        [("LCP on mobile", "10 00:00", "11 00:00", "2 of 3 pages are poor on 2026-10-10, first of them /")],
    ),
    "mediocre_web_vital": Case(
        VITALS,
        ", ".join(
            f"('2026-10-{day}', '/', 'mobile', 'LCP', 100, 30{day}, 'needs_improvement')" for day in range(10, 17)
        )
        + ", ('2026-10-17', '/', 'mobile', 'LCP', 100, 900, 'good')"
        + "".join(
            f", ('2026-10-{day}', '/', 'mobile', 'FCP', 100, 30{day}, 'needs_improvement')" for day in range(10, 17)
        )
        + "".join(
            f", ('2026-10-{day}', '/', 'web', 'LCP', 100, 30{day}, 'needs_improvement')" for day in range(10, 16)
        ),
        [("LCP of / on mobile", "10 00:00", "17 00:00", "75th percentile of 3,016.00 on 2026-10-16")],
    ),
    "new_client_error": Case(
        ERRORS,
        "('2026-10-01', 'web', 'first', 9, 9, '2026-10-01 04:30', true), "  # everything is new on the first days
        "('2026-10-10', 'web', 'f1', 1, 1, '2026-10-10 23:58', true), "
        "('2026-10-11', 'web', 'f1', 8, 3, '2026-10-10 23:58', false), "
        "('2026-10-12', 'web', 'f1', 99, 99, '2026-10-10 23:58', false), "
        "('2026-10-10', 'web', 'f2', 9, 2, '2026-10-10 04:30', true), "
        "('2026-10-12', 'web', 'f2', 9, 9, '2026-10-10 04:30', false)",
        [("web f1", "10 23:58", "10 23:58", "9 times in its first two days, up to 3 users a day")],
    ),
    "recurring_client_error": Case(
        ERRORS,
        ", ".join(
            f"('2026-10-{day}', '{platform}', 'f1', 2, 1, '2026-09-01', false)"
            for platform, days in (("web", (6, 8, 10, 11, 12, 14)), ("ios", (5, 8, 10, 11, 12)))
            for day in (f"{day:02}" for day in days)
        ),
        [("web f1", "12 00:00", "15 00:00", "10 times in the week up to 2026-10-14")],
    ),
    "unusual_figure": Case(
        "ops.anomalies (figure, table_name, day, value, lowest_usual, highest_usual, deviation, outcome)",
        "('sessions', 'product.engagement_daily', '2026-10-10', 7, 10, null, -4, 'unusual'), "
        "('sessions', 'product.engagement_daily', '2026-10-11', 5, 10, 20.5, -6, 'unusual'), "
        "('sessions', 'product.engagement_daily', '2026-10-12', 12, 10, 20, 0, 'usual'), "
        "('rows of users', 'raw.users', '2026-10-10', 7, 10, 20, -4, 'unusual'), "
        "('logins', 'security.authentication_daily', '2026-10-10', 7, null, null, null, 'not enough history')",
        [("sessions", "10 00:00", "12 00:00", "5 on 2026-10-11, usual are 10 to 20.5")],
    ),
    "disk_filling_up": Case(
        "ops.forecasts (figure, subject, period, value, trained_until)",
        "('disk_utilization', 'host web', '2026-10-19', 0.99, '2026-10-18'), "
        "('disk_utilization', 'host web', '2026-10-20', 1, '2026-10-18'), "
        "('disk_utilization', 'host web', '2026-10-21', 0.98, '2026-10-18'), "
        "('disk_utilization', 'host db', '2026-10-21', 0.999, '2026-10-18'), "
        "('resource_utilization', 'host, cpu', '2026-10-21', 1.2, '2026-10-18')",
        [("host web *", "12 00:00", "19 00:00", "expected at its threshold on 2026-10-20")],
    ),
    "domain_held_back": Case(
        "ops.domain_freshness (domain, release_id, as_of, is_held_back, reason)",
        "('finance', 'r', '2026-10-15', true, 'a check failed'), ('ops', 'r', '2026-10-18', false, null), "
        "('product', null, null, true, 'never')",
        [
            (
                "finance *",
                "16 00:00",
                "19 00:00",
                "its tables are of 2026-10-15: a check failed; of later days no alert of it is found",
            ),
            (
                "product *",
                "18 00:00",
                "19 00:00",
                "its tables are not published yet: never; of later days no alert of it is found",
            ),
        ],
    ),
}


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_finds_what_it_is_for_and_nothing_beside(name: str, empty_release: Path, tmp_path: Path) -> None:
    case = CASES[name]
    with opened(empty_release, tmp_path) as connection:
        if "domain_freshness" in case.table:
            connection.execute("delete from release.ops.domain_freshness")
        connection.execute(f"insert into release.{case.table} values {case.rows}")
        alerts = found(
            connection,
            [RULES[name]],
            "subject || if(is_ongoing, ' *', ''), strftime(began_at, '%d %H:%M'), strftime(ended_at, '%d %H:%M'), "
            "detail",
        )
    assert [alert[:3] for alert in alerts] == [alert[:3] for alert in case.alerts]
    for (*_, detail), (*_, wanted) in zip(alerts, case.alerts, strict=True):
        assert detail.startswith(wanted) if wanted.endswith(": ") else detail == wanted


def test_an_unusual_figure_of_a_table_that_lacks_deliveries_says_so(empty_release: Path, tmp_path: Path) -> None:
    with opened(empty_release, tmp_path) as connection:
        connection.execute(
            "insert into release.ops.anomalies (figure, table_name, day, value, lowest_usual, deviation, outcome) "
            "select 'sessions', 'product.engagement_daily', day, 0, 10, -6, 'unusual' "
            "from (values (date '2026-10-10'), (date '2026-10-17')) as days (day);"
            "insert into release.ops.provisional_periods values "
            "('product', 'engagement_daily', '2026-10-17', '2026-10-18', 'events', 'missing'), "
            "('product', 'user_flows_daily', '2026-10-01', '2026-10-18', 'events', 'missing')"
        )
        details = found(connection, [RULES["unusual_figure"]], "detail")
    usual = "usual are 10 to any"
    lacking = "; provisional, for want of deliveries"
    assert details == [(f"0 on 2026-10-10, {usual}",), (f"0 on 2026-10-17, {usual}{lacking}",)]


def test_every_rule_says_why_and_what_to_do_and_which_tables_it_needs() -> None:
    exposures = yaml.safe_load((DBT_PROJECT / "models" / "marts" / "exposures.yml").read_text(encoding="utf-8"))
    (own,) = [one["depends_on"] for one in exposures["exposures"] if one["name"] == "rules_of_alerts"]
    told = {ref.removeprefix("ref('").removesuffix("')").removeprefix("security_") for ref in own}
    read = set()
    for rule in RULES.values():
        assert rule.why.strip() and rule.remedy.strip() and rule.title.strip()
        tables = {
            word
            for word in rule.sql.split()
            if word.count(".") == 1 and word.split(".")[0] in ("product", "finance", "platform", "security", "ops")
        }
        assert {table.split(".")[0] for table in tables} == {rule.domain}
        read |= {table.split(".")[1] for table in tables}
    assert read == told


def test_the_response_times_are_those_of_the_strategy() -> None:
    times = {priority.value: priority.response_time for priority in Priority}
    assert times == {"P0": "15 minutes", "P1": "1 hour", "P2": "4 hours", "P3": "next business day"}
    assert {rule.priority for rule in RULES.values()} == set(Priority)


def test_rules_are_tuned_and_turned_off_by_name() -> None:
    tuned = {rule.name: rule for rule in read_rules({"high_error_rate": {"error_rate": 0.2}, "data_loss": False})}
    assert tuned.keys() == RULES.keys() - {"data_loss"}
    assert tuned["high_error_rate"].limits == {**RULES["high_error_rate"].limits, "error_rate": 0.2}
    assert [rule.priority for rule in read_rules()] == sorted(rule.priority for rule in RULES.values())
    assert len(list(FOLDER.glob("*"))) == len(RULES)


@pytest.mark.parametrize(
    ("tuning", "message"),
    [
        ({"no_such_rule": False}, "no_such_rule is no alert rule; known are authentication_issue, "),
        ({"unusual_figure": {"share": 1}}, "unusual_figure: share is no limit of it; known are none"),
        ({"high_error_rate": {"error_rate": True}}, "error_rate: expected a fraction from 0 to 1, found True"),
        ({"high_error_rate": {"error_rate": 5}}, "error_rate: expected a fraction from 0 to 1, found 5"),
        ({"high_error_rate": {"requests": -1}}, "requests: expected a number from 0 on, found -1"),
        ({"high_error_rate": {"requests": float("nan")}}, "requests: expected a number from 0 on, found nan"),
        ({"high_error_rate": 0.1}, "high_error_rate: expected off, or limits such as {error_rate: 0.05"),
    ],
)
def test_tuning_that_fits_no_rule_is_told(tuning: dict, message: str) -> None:
    with pytest.raises(SettingsError) as told:
        read_rules(tuning)
    assert message in str(told.value)
