"""What must hold for the published tables of finance."""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.settings import Reporting
from expectations.finance_customers import customer_suites
from expectations.finance_raw import REFUNDED, ROUNDING, VOLUME, converted
from expectations.suite import Suite, between, equal, has_columns, holds, reconciles

KINDS = ["bill", "subscription", "service", "unknown"]
METHODS = ["card", "bank_transfer", "direct_debit", "wallet", "unknown"]


def suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [payments_daily(reporting), payment_recovery_monthly(), *customer_suites(reporting)]


def payments_daily(reporting: Reporting) -> Suite:
    """One row per day, kind and method."""
    return Suite(
        table="finance.payments_daily",
        filled_by="select 1 from raw.payments union all select 1 from raw.refunds",
        may_be_null=["success_rate", "avg_value"],
        expectations=[
            has_columns(
                "payment_date kind method attempts succeeded failed pending success_rate volume avg_value fee_revenue "
                "refunded chargebacks net_volume"
            ),
            gxe.ExpectColumnValuesToBeInSet(column="kind", value_set=KINDS),
            gxe.ExpectColumnValuesToBeInSet(column="method", value_set=METHODS),
            *between("succeeded failed pending volume avg_value fee_revenue chargebacks", 0),
            *between("success_rate", 0, 1),
            holds("volume + fee_revenue + refunded + chargebacks is not null"),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="refunded", column_B="chargebacks", or_equal=True),
            # more fees than money moved is possible on a day of many small payments, and worth a look
            holds("fee_revenue <= volume", severity="warning"),
            holds("attempts = succeeded + failed + pending"),
            holds("net_volume = volume - refunded"),
            holds("(success_rate is null) = (succeeded + failed = 0)"),
            holds("(avg_value is null) = (succeeded = 0)"),
            equal(
                {
                    "sum(attempts)": "count(*)",
                    "sum(succeeded)": "count(*) filter (where status = 'succeeded')",
                    "sum(failed)": "count(*) filter (where status = 'failed')",
                },
                "raw.payments",
            ),
            reconciles(
                "sum(volume)", converted(reporting, VOLUME), within=ROUNDING, what="succeeded raw.payments, converted"
            ),
            reconciles("sum(refunded)", converted(reporting, REFUNDED), within=ROUNDING, what="raw.refunds, converted"),
        ],
    )


def payment_recovery_monthly() -> Suite:
    """One row per month of first attempts."""
    return Suite(
        table="finance.payment_recovery_monthly",
        filled_by="select 1 from raw.payments",
        may_be_null=["median_hours_to_recover"],
        expectations=[
            has_columns(
                "month intents first_attempt_successes recovered lost first_attempt_rate eventual_rate "
                "median_hours_to_recover"
            ),
            *between("intents", 1),
            *between("first_attempt_successes recovered lost median_hours_to_recover", 0),
            *between("first_attempt_rate eventual_rate", 0, 1),
            holds("first_attempt_rate is not null and eventual_rate is not null"),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="eventual_rate", column_B="first_attempt_rate", or_equal=True
            ),
            holds("month = date_trunc('month', month)"),
            holds("first_attempt_successes + recovered + lost <= intents"),
            holds("(median_hours_to_recover is null) = (recovered = 0)"),
            equal(
                {
                    "sum(intents)": "count(distinct payment_id)",
                    "sum(first_attempt_successes + recovered)": "count(distinct payment_id) "
                    "filter (where status = 'succeeded')",
                },
                "raw.payments",
            ),
        ],
    )
