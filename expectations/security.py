"""What must hold for the published tables of security."""

from __future__ import annotations

from dagster_project.settings import Reporting
from expectations.suite import Suite, between, counts, has_columns, holds, reconciles


def suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [
        authentication_daily(),
        authorization_failures_daily(),
        data_access_daily(),
        events_daily(),
        compliance_violations(),
        violation_evidence(),
        rules(),
    ]


def authentication_daily() -> Suite:
    """One row per day with a login attempt."""
    return Suite(
        table="security.authentication_daily",
        filled_by="select 1 from raw.security_events where event_type = 'login'",
        expectations=[
            has_columns(
                "activity_date attempts failures failure_rate distinct_users distinct_sources brute_force_sources"
            ),
            *between("failure_rate", 0, 1),
            holds("failures <= attempts and distinct_users <= attempts and distinct_sources <= attempts"),
            holds("brute_force_sources between 0 and distinct_sources"),
            counts(
                {
                    "sum(attempts)": "event_type = 'login'",
                    "sum(failures)": "event_type = 'login' and outcome = 'failure'",
                },
                "security_events",
                "occurred_at",
                "activity_date",
            ),
        ],
    )


def authorization_failures_daily() -> Suite:
    """One row per day and target."""
    return Suite(
        table="security.authorization_failures_daily",
        filled_by="select 1 from raw.security_events where event_type = 'access_denied'",
        expectations=[
            has_columns("activity_date target failures users"),
            holds("failures >= 1 and users between 0 and failures"),
            counts(
                {"sum(failures)": "event_type = 'access_denied'"}, "security_events", "occurred_at", "activity_date"
            ),
        ],
    )


def data_access_daily() -> Suite:
    """One row per day, actor and type of object."""
    return Suite(
        table="security.data_access_daily",
        filled_by="select 1 from raw.audit_log",
        expectations=[
            has_columns("activity_date actor object_type reads exports writes pii_accesses"),
            holds("reads + exports + writes >= 1 and pii_accesses between 0 and reads + exports + writes"),
            counts({"sum(reads + exports + writes)": "true"}, "audit_log", "occurred_at", "activity_date"),
        ],
    )


def events_daily() -> Suite:
    """One row per day, event type and outcome."""
    return Suite(
        table="security.events_daily",
        filled_by="select 1 from raw.security_events",
        expectations=[
            has_columns("activity_date event_type outcome events users"),
            holds("events >= 1 and users between 0 and events"),
            counts({"sum(events)": "true"}, "security_events", "occurred_at", "activity_date"),
        ],
    )


def compliance_violations() -> Suite:
    """One row per violation; a system without any is a good one."""
    return Suite(
        table="security.compliance_violations",
        filled_by=None,
        expectations=[
            has_columns("violation_id detected_at rule subject evidence status"),
            holds("detected_at is not null and subject is not null and evidence is not null"),
            holds("status in ('open', 'closed')"),
            holds("rule in (select rule from security.rules)"),
        ],
    )


def violation_evidence() -> Suite:
    """One row per violation and event."""
    return Suite(
        table="security.violation_evidence",
        filled_by="select 1 from security.compliance_violations",
        expectations=[
            has_columns("violation_id event_id is_trigger occurred_at"),
            holds("violation_id in (select violation_id from security.compliance_violations)"),
            reconciles(
                "count(distinct violation_id)",
                "select count(*) from security.compliance_violations",
                what="the number of violations",
            ),
        ],
    )


def rules() -> Suite:
    """One row per rule."""
    return Suite(
        table="security.rules",
        filled_by="select 1",
        expectations=[
            has_columns("rule severity description window_minutes quiet_minutes threshold"),
            *between("window_minutes", 1, 1440),
            holds("quiet_minutes >= window_minutes"),
            holds("severity in ('P0', 'P1', 'P2', 'P3') and threshold >= 1"),
        ],
    )
