"""What must hold for the published tables of product.

Figures are compared with raw over the latest days or months only, so that the cost does not follow the history.
"""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.settings import Reporting
from dagster_project.warehouse.local_days import local_day
from expectations.suite import AS_OF, Suite, between, equal, has_columns, holds, reconciles

AS_OF_MONTH = f"date_trunc('month', {AS_OF})"
PLATFORMS = ["web", "ios", "android", "unknown", "all"]
TEST_USERS = "(select user_id from raw.users where is_test)"


def suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [
        active_users_daily(reporting),
        user_lifecycle_daily(),
        *(retention(period, reporting) for period in ("daily", "weekly", "monthly")),
        registrations_daily(),
        engagement_daily(),
        user_flows_daily(),
        feature_adoption_monthly(reporting),
        group_participation_monthly(reporting),
        meter_compliance_monthly(reporting),
    ]


def local(timestamp: str, reporting: Reporting) -> str:
    """SQL: the day of a UTC timestamp in the reporting time zone."""
    return local_day(timestamp, reporting.reporting_timezone)


def activities(reporting: Reporting, since: str, until: str = AS_OF) -> str:
    """SQL: user, feature and day of every activity between two days, from raw alone."""
    return f"""
        select user_id, feature, active_on
        from (
            select user_id, feature, {local("event_at", reporting)} as active_on
            from raw.events
            where event_at >= {since} - interval '1 day' and user_id is not null and is_bot is not true
                and event_name not in ('push_received', 'email_delivered', 'background_sync')
                and user_id not in {TEST_USERS}
        ) as activities
        where active_on between {since} and {until}
    """


def active_users_daily(reporting: Reporting) -> Suite:
    """One row per day and platform."""
    week = activities(reporting, f"({AS_OF} - 6)")
    return Suite(
        table="product.active_users_daily",
        filled_by=activities(reporting, "date '0001-01-02'", "(select max(dt) from load.deliveries)"),
        expectations=[
            has_columns("activity_date platform dau wau mau stickiness"),
            gxe.ExpectColumnValuesToBeInSet(column="platform", value_set=PLATFORMS),
            *between("dau wau mau", 0),
            *between("stickiness", 0, 1),
            holds("dau <= least(wau, mau)"),
            holds("wau <= mau" if reporting.mau_window_days >= 7 else "mau <= wau"),
            holds("(stickiness is null) = (mau = 0)"),
            # no day is missing
            reconciles(
                "count(distinct activity_date)",
                f"select coalesce({AS_OF} - min(activity_date) + 1, 0) from product.active_users_daily",
            ),
            equal(
                {
                    f"sum(dau) filter (where platform = 'all' and activity_date > {AS_OF} - 7)": "count(*)",
                    f"sum(wau) filter (where platform = 'all' and activity_date = {AS_OF})": "count(distinct user_id)",
                },
                f"(select distinct user_id, active_on from ({week}) as week) as days",
                what="active users and days, and active users, of the last week in raw.events",
            ),
        ],
    )


def user_lifecycle_daily() -> Suite:
    """One row per day."""
    return Suite(
        table="product.user_lifecycle_daily",
        filled_by="select 1 from product.active_users_daily",
        expectations=[
            has_columns("activity_date new_users returning_users resurrected_users dormant_users"),
            *between("new_users returning_users resurrected_users dormant_users", 0),
            reconciles(
                "sum(new_users + returning_users + resurrected_users)",
                "select coalesce(sum(dau), 0) from product.active_users_daily where platform = 'all'",
            ),
        ],
    )


def retention(period: str, reporting: Reporting) -> Suite:
    """One row per cohort and day, week or month since."""
    first_day = {"daily": "cohort", "monthly": "date_trunc('month', cohort)"}
    rest = "retention_rate is_complete"
    weekday = {"monday": 1, "sunday": 7}[reporting.week_start]
    return Suite(
        table=f"product.retention_{period}",
        filled_by="select 1 from product.active_users_daily",
        expectations=[
            has_columns(f"cohort period_number cohort_size retained_users {rest}"),
            *between("period_number retained_users", 0),
            *between("cohort_size", 1),
            *between("retention_rate", 0, 1),
            holds("retained_users <= cohort_size and retention_rate is not null and is_complete is not null"),
            holds("period_number > 0 or (retained_users = cohort_size and retention_rate = 1)"),
            holds(f"isodow(cohort) = {weekday}" if period == "weekly" else f"cohort = {first_day[period]}"),
            reconciles(
                "sum(cohort_size) filter (where period_number = 0)",
                "select coalesce(sum(new_users), 0) from product.user_lifecycle_daily",
            ),
        ],
    )


def registrations_daily() -> Suite:
    """One row per day and acquisition channel with a registration."""
    return Suite(
        table="product.registrations_daily",
        filled_by="select 1 from raw.users where is_test is not true",
        expectations=[
            has_columns("registration_date acquisition_channel registrations activated_within_7d"),
            *between("registrations", 1),
            *between("activated_within_7d", 0),
            holds("activated_within_7d <= registrations"),
            reconciles("sum(registrations)", "select count(*) from raw.users where is_test is not true"),
            # a channel named twice in two spellings splits its figures
            holds("acquisition_channel = lower(trim(acquisition_channel))", severity="warning"),
        ],
    )


def engagement_daily() -> Suite:
    """One row per day and platform."""
    rates = "bounce_rate median_session_seconds avg_session_seconds events_per_session error_rate"
    return Suite(
        table="product.engagement_daily",
        filled_by="select 1 from product.active_users_daily",
        may_be_null=rates.split(),
        expectations=[
            has_columns(f"activity_date platform sessions engaged_sessions {rates}"),
            gxe.ExpectColumnValuesToBeInSet(column="platform", value_set=PLATFORMS),
            *between("sessions engaged_sessions median_session_seconds avg_session_seconds", 0),
            *between("bounce_rate error_rate", 0, 1),
            *between("events_per_session", 1),
            holds("engaged_sessions <= sessions"),
            *(holds(f"({rate} is null) = (sessions = 0)") for rate in rates.split()),
            # each session is of one platform
            reconciles(
                "sum(sessions) filter (where platform = 'all')",
                "select coalesce(sum(sessions), 0) from product.engagement_daily where platform <> 'all'",
            ),
        ],
    )


def user_flows_daily() -> Suite:
    """One row per day and pair of pages."""
    return Suite(
        table="product.user_flows_daily",
        filled_by=None,
        expectations=[
            has_columns("activity_date from_page to_page transitions"),
            *between("transitions", 1),
        ],
    )


def feature_adoption_monthly(reporting: Reporting) -> Suite:
    """One row per month and feature."""
    used = f"({activities(reporting, AS_OF_MONTH)}) as activities where feature is not null"
    return Suite(
        table="product.feature_adoption_monthly",
        filled_by=f"select 1 from {used}",
        expectations=[
            has_columns("month feature users repeat_users adoption_rate"),
            *between("users", 1),
            *between("repeat_users", 0),
            *between("adoption_rate", 0, 1),
            holds("repeat_users <= users and adoption_rate is not null and month = date_trunc('month', month)"),
            reconciles(
                f"sum(users) filter (where month = {AS_OF_MONTH})",
                f"select count(*) from (select distinct user_id, feature from {used}) as users_of_features",
                what="users and features of the as-of month in raw.events",
            ),
        ],
    )


def group_participation_monthly(reporting: Reporting) -> Suite:
    """One row per month."""
    members = f"""
        from raw.group_members
        where {local("joined_at", reporting)} <= {AS_OF} and user_id not in {TEST_USERS}
            and coalesce({local("left_at", reporting)} >= {AS_OF_MONTH}, true)
    """
    return Suite(
        table="product.group_participation_monthly",
        filled_by=f"select 1 {members}",
        expectations=[
            has_columns("month groups members participating_members participation_rate"),
            *between("groups members", 1),
            *between("participating_members", 0),
            *between("participation_rate", 0, 1),
            holds("groups <= members and participating_members <= members and participation_rate is not null"),
            reconciles(f"sum(members) filter (where month = {AS_OF_MONTH})", f"select count(*) {members}"),
        ],
    )


def meter_compliance_monthly(reporting: Reporting) -> Suite:
    """One row per month and utility."""
    first_day = "cast(date_trunc('month', readings.period) as date)"
    due = f"({first_day} + cast(coalesce(meters.reading_due_day, 28) - 1 as integer))"
    came = f"""
        select count(distinct (readings.meter_id, date_trunc('month', readings.period)))
        from raw.meter_readings as readings
        inner join raw.meters as meters on readings.meter_id = meters.meter_id
        where readings.period >= {AS_OF_MONTH} - interval '1 month' and {due} <= {AS_OF}
            and {local("readings.submitted_at", reporting)} <= {AS_OF}
            and {local("meters.installed_at", reporting)} <= {due}
            and coalesce({local("meters.removed_at", reporting)} >= {due}, true)
    """
    return Suite(
        table="product.meter_compliance_monthly",
        filled_by=None,
        expectations=[
            has_columns("month utility due on_time late missing compliance_rate"),
            *between("due", 1),
            *between("on_time late missing", 0),
            *between("compliance_rate", 0, 1),
            holds("due = on_time + late + missing and month = date_trunc('month', month)"),
            reconciles(
                f"sum(on_time + late) filter (where month >= {AS_OF_MONTH} - interval '1 month')",
                came,
                what="due readings of the last two months that came, in raw",
            ),
        ],
    )
