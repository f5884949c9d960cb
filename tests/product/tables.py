"""The plain way to every published table of product."""

from __future__ import annotations

from collections.abc import Callable

from tests.product import plain, plain_months, plain_sessions

TABLES: dict[str, Callable[[plain.Facts], list[tuple]]] = {
    count.__name__: count
    for count in (
        plain.active_users_daily,
        plain.user_lifecycle_daily,
        plain.retention_daily,
        plain.retention_weekly,
        plain.retention_monthly,
        plain.registrations_daily,
        plain_sessions.engagement_daily,
        plain_sessions.user_flows_daily,
        plain_months.feature_adoption_monthly,
        plain_months.group_participation_monthly,
        plain_months.meter_compliance_monthly,
    )
}
