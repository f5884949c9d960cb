"""What must hold for the published tables of ops, which are reported on and never held back.

The tables that a release writes about itself are judged with the history of the releases before it.
"""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.settings import Reporting
from dagster_project.warehouse.build.causes import CAUSES
from expectations.suite import AS_OF, Suite, between, has_columns, holds, is_key, reconciles


def suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [
        feed_deliveries(),
        feed_health(),
        anomalies(),
        provisional_periods(),
        quality_checks(),
        releases(),
        domain_freshness(),
        restatements(),
        approvals(),
        retention_runs(),
        alerts(),
        forecasts(),
    ]


def feed_deliveries() -> Suite:
    """One row per delivered file."""
    return Suite(
        table="ops.feed_deliveries",
        filled_by="select 1 from load.deliveries",
        may_be_null=["first_event_at", "last_event_at"],
        expectations=[
            has_columns("feed dt file lines loaded duplicates quarantined first_event_at last_event_at loaded_at"),
            *between("loaded duplicates quarantined", 0),
            holds("loaded_at is not null"),
            holds("lines = loaded + duplicates + quarantined"),
            holds("(first_event_at <= last_event_at) is not false"),
            reconciles("count(*)", "select count(*) from load.deliveries"),
        ],
    )


def feed_health() -> Suite:
    """One row per feed and day on which a delivery is expected or came.

    Each expectation costs the night more than the table itself does: what one condition can say is one expectation.
    """
    return Suite(
        table="ops.feed_health",
        filled_by=f"select 1 from load.deliveries where dt between {AS_OF} - 30 and {AS_OF}",
        may_be_null=["expected_lines", "lowest_usual", "highest_usual", "lateness_hours", "detail"],
        expectations=[
            has_columns("feed dt files lines expected_lines lowest_usual highest_usual lateness_hours status detail"),
            is_key("feed dt"),
            holds(
                "status in ('ok', 'missing', 'late', 'small', 'large', 'conflicting', 'unknown') "
                "and (status = 'missing') = (files = 0) and (lateness_hours is null) = (files = 0)"
            ),
        ],
    )


def anomalies() -> Suite:
    """One row per watched figure and day; a table that can't be judged may be short, so nothing says it is filled."""
    return Suite(
        table="ops.anomalies",
        filled_by=None,
        may_be_null=["expected", "lowest_usual", "highest_usual", "deviation", "compared_with"],
        expectations=[
            has_columns(
                "figure day table_name value expected lowest_usual highest_usual deviation "
                "comparable_days compared_with outcome"
            ),
            is_key("figure day"),
            holds(
                "outcome in ('usual', 'unusual', 'not enough history') "
                "and (outcome = 'not enough history') = (deviation is null)"
            ),
        ],
    )


def provisional_periods() -> Suite:
    """One row per published table and lacking feed."""
    return Suite(
        table="ops.provisional_periods",
        filled_by=None,
        expectations=[
            has_columns("table_schema table_name from_date to_date feed reason"),
            is_key("table_schema table_name feed"),
            holds("from_date <= to_date"),
        ],
    )


def quality_checks() -> Suite:
    """One row per earlier release and check."""
    return Suite(
        table="ops.quality_checks",
        filled_by="select 1 from release_history.quality_checks",
        may_be_null=["observed", "detail"],
        expectations=[
            has_columns("release_id check_name domain tool severity passed observed detail"),
            gxe.ExpectColumnValuesToBeInSet(column="tool", value_set=["dbt", "great_expectations"]),
            gxe.ExpectColumnValuesToBeInSet(column="severity", value_set=["error", "warn"]),
            holds("domain is not null and tool is not null and severity is not null and passed is not null"),
        ],
    )


def releases() -> Suite:
    """One row per earlier release."""
    return Suite(
        table="ops.releases",
        filled_by="select 1 from release_history.releases",
        may_be_null=["git_revision"],
        expectations=[
            has_columns("release_id published_at as_of domains_published domains_held_back git_revision"),
            holds("published_at is not null and as_of is not null"),
        ],
    )


def domain_freshness() -> Suite:
    """Only its shape: publishing fills it."""
    return Suite(
        table="ops.domain_freshness",
        filled_by=None,
        expectations=[
            has_columns("domain release_id as_of is_held_back reason"),
        ],
    )


def restatements() -> Suite:
    """One row per earlier release and figure that it restated."""
    return Suite(
        table="ops.restatements",
        filled_by="select 1 from release_history.restatements",
        may_be_null=["old_value", "new_value"],
        expectations=[
            has_columns("release_id table_name period key column_name old_value new_value moved_rows cause"),
            gxe.ExpectColumnValuesToBeInSet(column="cause", value_set=list(CAUSES)),
            holds("moved_rows > 1 or moved_rows = 1 and old_value is distinct from new_value"),
        ],
    )


def approvals() -> Suite:
    """One row per earlier release and domain that somebody approved for it."""
    return Suite(
        table="ops.approvals",
        filled_by="select 1 from release_history.approvals",
        expectations=[
            has_columns("release_id domain approved_at approved_by restatement reason"),
            holds("approved_at is not null and approved_by is not null and restatement is not null"),
        ],
    )


def retention_runs() -> Suite:
    """One row per run of retention, place and feed or table."""
    return Suite(
        table="ops.retention_runs",
        filled_by="select 1 from load.retention_runs",
        expectations=[
            has_columns("run_at place name retention as_of kept_from removed seconds"),
            holds("place in ('landing', 'quarantine', 'rows', 'figures') and retention is not null"),
            holds("removed >= 1 and kept_from <= as_of"),
        ],
    )


def alerts() -> Suite:
    """Only its shape: publishing fills it."""
    return Suite(
        table="ops.alerts",
        filled_by=None,
        expectations=[
            has_columns(
                "rule priority response_time title subject began_at ended_at is_ongoing observations detail remedy"
            ),
        ],
    )


def forecasts() -> Suite:
    """Only its shape: publishing fills it."""
    return Suite(
        table="ops.forecasts",
        filled_by=None,
        expectations=[
            has_columns(
                "figure subject grain period value lowest highest method error naive_error trained_until inputs"
            ),
        ],
    )
