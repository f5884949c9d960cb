"""What must hold for the published tables of product."""

from __future__ import annotations

from dagster_project.settings import Reporting
from expectations.suite import Suite, between, holds, reconciles, shape


def suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [registrations_daily()]


def registrations_daily() -> Suite:
    """One row per day and acquisition channel with a registration."""
    return Suite(
        table="product.registrations_daily",
        filled_by="select 1 from raw.users where is_test is not true",
        expectations=[
            *shape(
                "registration_date acquisition_channel registrations activated_within_7d",
                key="registration_date acquisition_channel",
            ),
            *between("registrations", 1),
            *between("activated_within_7d", 0),
            holds("activated_within_7d <= registrations"),
            reconciles("sum(registrations)", "select count(*) from raw.users where is_test is not true"),
            # a channel named twice in two spellings splits its figures
            holds("acquisition_channel = lower(trim(acquisition_channel))", severity="warning"),
        ],
    )
