"""What must hold for the published tables of product."""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.settings import Reporting
from expectations.suite import Suite, holds, reconciles


def suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [registrations_daily()]


def registrations_daily() -> Suite:
    """One row per day and acquisition channel with a registration."""
    return Suite(
        table="product.registrations_daily",
        filled_by="select 1 from raw.users where is_test is not true",
        expectations=[
            gxe.ExpectTableColumnsToMatchOrderedList(
                column_list=["registration_date", "acquisition_channel", "registrations", "activated_within_7d"]
            ),
            gxe.ExpectCompoundColumnsToBeUnique(column_list=["registration_date", "acquisition_channel"]),
            gxe.ExpectColumnValuesToNotBeNull(column="registration_date"),
            gxe.ExpectColumnValuesToNotBeNull(column="acquisition_channel"),
            gxe.ExpectColumnValuesToBeBetween(column="registrations", min_value=1),
            gxe.ExpectColumnValuesToBeBetween(column="activated_within_7d", min_value=0),
            holds("activated_within_7d <= registrations"),
            reconciles("sum(registrations)", "select count(*) from raw.users where is_test is not true"),
            # a channel named twice in two spellings splits its figures
            holds("acquisition_channel = lower(trim(acquisition_channel))", severity="warning"),
        ],
    )
