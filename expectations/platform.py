"""What must hold for the published tables of platform."""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.settings import Reporting
from expectations.suite import Suite, between, counts, has_columns, holds, reconciles

RATINGS = ["good", "needs_improvement", "poor"]
RESOURCE = "source resource_type resource_id metric"


def suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [
        api_performance_hourly(),
        critical_paths_hourly(),
        web_vitals_daily(),
        infrastructure_hourly(),
        infrastructure_breaches(),
        errors_daily(),
        traces_hourly(),
        logs_hourly(),
        log_patterns_daily(),
        log_patterns(),
        integrations_daily(),
    ]


def api_performance_hourly() -> Suite:
    """One row per hour, service, method and route."""
    return Suite(
        table="platform.api_performance_hourly",
        filled_by="select 1 from raw.api_requests",
        may_be_null=["p50_ms", "p95_ms", "p99_ms", "avg_ms", "cache_hit_rate", "bytes_sent"],
        expectations=[
            has_columns(
                "hour service method route requests errors_4xx errors_5xx error_rate p50_ms p95_ms p99_ms avg_ms "
                "cache_hit_rate bytes_sent"
            ),
            *between("requests", 1),
            *between("errors_4xx errors_5xx bytes_sent", 0),
            *between("error_rate cache_hit_rate", 0, 1),
            *between("p50_ms avg_ms p99_ms", 0, 86_400_000),
            holds("hour = date_trunc('hour', hour)"),
            holds("errors_4xx + errors_5xx <= requests"),
            holds("(p50_ms <= p95_ms and p95_ms <= p99_ms) is not false"),
            holds("(p50_ms is null) = (avg_ms is null) and (p50_ms is null) = (p99_ms is null)"),
            counts(
                {
                    "sum(requests)": "true",
                    "sum(errors_4xx)": "status_code >= 400 and status_code < 500",
                    "sum(errors_5xx)": "status_code >= 500",
                },
                "api_requests",
                "started_at",
                "hour",
            ),
        ],
    )


def critical_paths_hourly() -> Suite:
    """One row per hour and critical path."""
    return Suite(
        table="platform.critical_paths_hourly",
        filled_by=None,  # which routes there are is not known
        may_be_null=["p95_ms"],
        expectations=[
            has_columns("hour critical_path requests failures success_rate p95_ms meets_target"),
            *between("requests", 1),
            *between("failures", 0),
            *between("success_rate", 0, 1),
            *between("p95_ms", 0, 86_400_000),
            holds("failures <= requests and meets_target is not null"),
            holds("critical_path in (select critical_path from staging.critical_paths)"),
        ],
    )


def web_vitals_daily() -> Suite:
    """One row per day, page, device and metric."""
    return Suite(
        table="platform.web_vitals_daily",
        filled_by="select 1 from raw.web_vitals",
        may_be_null=["rating"],
        expectations=[
            has_columns("activity_date page device metric samples p75 rating"),
            *between("samples", 1),
            *between("p75", 0, 86_400_000),
            gxe.ExpectColumnValuesToBeInSet(column="rating", value_set=RATINGS),
            holds("(rating is null) = (metric not in (select metric from staging.web_vital_thresholds))"),
            counts(
                {"sum(samples)": "true"},
                "web_vitals",
                "measured_at",
                "activity_date",
                table="platform.web_vitals_daily",
            ),
        ],
    )


def infrastructure_hourly() -> Suite:
    """One row per hour, resource and metric."""
    return Suite(
        table="platform.infrastructure_hourly",
        filled_by="select 1 from raw.metric_samples",
        may_be_null=["avg_value", "max_value", "p95_value", "threshold"],
        expectations=[
            has_columns(f"hour {RESOURCE} samples avg_value max_value p95_value threshold is_breach"),
            *between("samples", 1),
            holds("(p95_value <= max_value and avg_value <= max_value + 1e-9 * abs(max_value) + 1e-9) is not false"),
            holds("is_breach = coalesce(max_value > threshold, false)"),
            counts(
                {"sum(samples)": "true"}, "metric_samples", "sampled_at", "hour", table="platform.infrastructure_hourly"
            ),
        ],
    )


def infrastructure_breaches() -> Suite:
    """One row per run of hours in breach."""
    return Suite(
        table="platform.infrastructure_breaches",
        filled_by=None,  # there need not be any
        expectations=[
            has_columns(f"{RESOURCE} threshold hours worst_value is_ongoing began_at ended_at"),
            *between("hours", 1),
            holds("worst_value > threshold"),
            holds("ended_at = began_at + to_hours(hours)"),
        ],
    )


def errors_daily() -> Suite:
    """One row per day, platform and fingerprint."""
    return Suite(
        table="platform.errors_daily",
        filled_by="select 1 from raw.client_errors",
        expectations=[
            has_columns("activity_date platform fingerprint occurrences users first_seen_at is_new"),
            *between("occurrences", 1),
            *between("users", 0),
            holds("users <= occurrences"),
            holds("is_new is not null and first_seen_at is not null"),
            counts({"sum(occurrences)": "true"}, "client_errors", "occurred_at", "activity_date"),
            reconciles(
                "sum(is_new::int)",
                "select count(*) from (select distinct platform, fingerprint from platform.errors_daily)",
            ),
        ],
    )


def traces_hourly() -> Suite:
    """One row per hour, service and operation."""
    return Suite(
        table="platform.traces_hourly",
        filled_by="select 1 from raw.trace_spans",
        may_be_null=["self_time_share"],
        expectations=[
            has_columns("hour service operation spans errors throttles p95_ms self_time_share"),
            *between("spans", 1),
            *between("errors throttles", 0),
            *between("p95_ms", 0, 86_400_000),
            *between("self_time_share", 0, 1),
            holds("errors <= spans and throttles <= spans and p95_ms is not null"),
            counts({"sum(spans)": "true", "sum(errors)": "is_error"}, "trace_spans", "started_at", "hour"),
            reconciles(
                "sum(self_time_share)",
                "select count(distinct hour) from platform.traces_hourly where self_time_share is not null",
                within="1e-9 * count(*)",
                what="1 for every hour",
            ),
        ],
    )


def logs_hourly() -> Suite:
    """One row per hour, service and level."""
    return Suite(
        table="platform.logs_hourly",
        filled_by="select 1 from raw.app_logs",
        expectations=[
            has_columns("hour service level lines distinct_messages"),
            *between("lines distinct_messages", 1),
            holds("distinct_messages <= lines"),
            counts({"sum(lines)": "true"}, "app_logs", "logged_at", "hour"),
        ],
    )


def log_patterns_daily() -> Suite:
    """One row per day, service, level and pattern."""
    return Suite(
        table="platform.log_patterns_daily",
        filled_by="select 1 from raw.app_logs",
        expectations=[
            has_columns("activity_date service level pattern lines"),
            *between("lines", 1),
            # the masks work: no number, network address or mail address is left
            holds("not regexp_matches(pattern, '[0-9]|[^ ]@[^ ]')"),
            counts({"sum(lines)": "true"}, "app_logs", "logged_at", "activity_date"),
        ],
    )


def log_patterns() -> Suite:
    """One row per service, level and pattern."""
    return Suite(
        table="platform.log_patterns",
        filled_by="select 1 from raw.app_logs",
        expectations=[
            has_columns("service level pattern lines days first_seen_on last_seen_on"),
            *between("lines days", 1),
            holds("first_seen_on <= last_seen_on and days <= lines"),
            reconciles("sum(lines)", "select coalesce(sum(lines), 0) from platform.log_patterns_daily"),
        ],
    )


def integrations_daily() -> Suite:
    """One row per day and partner system."""
    return Suite(
        table="platform.integrations_daily",
        filled_by="select 1 from raw.integration_status",
        may_be_null=["p95_latency_ms"],
        expectations=[
            has_columns("activity_date integration checks uptime p95_latency_ms incidents downtime_minutes"),
            *between("checks", 1),
            *between("uptime", 0, 1),
            *between("p95_latency_ms incidents", 0),
            *between("downtime_minutes", 0, 25 * 60),  # the day on which the clocks are put back has 25 hours
            holds("incidents <= checks"),
            holds("incidents = 0 or downtime_minutes > 0", severity="warning"),
            counts(
                {"sum(checks)": "true"},
                "integration_status",
                "checked_at",
                "activity_date",
                table="platform.integrations_daily",
            ),
        ],
    )
