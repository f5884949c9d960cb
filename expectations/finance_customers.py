"""What must hold for the published tables of what customers pay, cost and are worth."""

from __future__ import annotations

import great_expectations.expectations as gxe

from dagster_project.settings import Reporting
from expectations.finance_raw import ROUNDING, SPENT, VALUE, converted, recurring
from expectations.suite import Suite, between, has_columns, holds, reconciles

MOVEMENTS = ["new", "reactivation", "expansion", "contraction", "churn", "unchanged"]
PARAMETERS = [
    *("r", "alpha", "a", "b", "bgnbd_log_likelihood", "p", "q", "v", "gamma_gamma_log_likelihood"),
    *("customers", "repeat_customers"),
]

MOVING = "select 1 from finance.mrr_movements_monthly"
MONTHS = "select coalesce(date_diff('month', min(month), max(month)) + 1, 0) from finance.mrr_monthly"
COUNTED = "select count(*) from finance.mrr_movements_monthly"


def customer_suites(reporting: Reporting) -> list[Suite]:
    """One suite per published table."""
    return [
        mrr_monthly(reporting),
        movements("finance.mrr_movements_monthly", "month"),
        movements("finance.mrr_movements_daily", "movement_date"),
        churn_monthly(),
        acquisition_monthly(reporting),
        unit_economics_monthly(reporting),
        customer_value(reporting),
        clv_model(),
        clv_cohorts(),
    ]


def mrr_monthly(reporting: Reporting) -> Suite:
    """One row per month."""
    return Suite(
        table="finance.mrr_monthly",
        filled_by=MOVING,
        may_be_null=["arpa", "nrr", "grr", "quick_ratio"],
        expectations=[
            has_columns(
                "month opening_mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr fx_mrr "
                "closing_mrr active_customers new_customers churned_customers reactivated_customers "
                "arpa nrr grr quick_ratio is_complete"
            ),
            *between("opening_mrr new_mrr expansion_mrr contraction_mrr churned_mrr reactivation_mrr closing_mrr", 0),
            *between("active_customers new_customers churned_customers reactivated_customers arpa quick_ratio", 0),
            holds(
                "opening_mrr + new_mrr + reactivation_mrr + expansion_mrr - contraction_mrr - churned_mrr + fx_mrr "
                "= closing_mrr"
            ),
            holds("(arpa is null) = (active_customers = 0)"),
            holds("(nrr is null) = (opening_mrr = 0) and (grr is null) = (opening_mrr = 0)"),
            # what churns at a higher rate than it opened with may be more than there was: worth a look
            holds("coalesce(grr, 1) between 0 and 1", severity="warning"),
            reconciles("count(*)", MONTHS),
            reconciles(
                "max_by(closing_mrr, month)", recurring(reporting), within="0.01", what="raw.subscriptions as of now"
            ),
        ],
    )


def movements(table: str, time: str) -> Suite:
    """One row per customer and month, or day."""
    return Suite(
        table=table,
        filled_by=None,
        expectations=[
            has_columns(f"{time} user_id opening_mrr closing_mrr fx_mrr movement movement_type"),
            *between("opening_mrr closing_mrr", 0),
            gxe.ExpectColumnValuesToBeInSet(column="movement_type", value_set=MOVEMENTS),
            holds("opening_mrr + movement + fx_mrr = closing_mrr"),
            holds(
                "case when movement_type in ('new', 'reactivation') "
                "then opening_mrr = 0 and fx_mrr = 0 and movement >= 0 "
                "when movement_type = 'expansion' then movement >= 0 "
                "when movement_type = 'contraction' then movement <= 0 "
                "when movement_type = 'churn' then closing_mrr = 0 and movement <= 0 "
                "when movement_type = 'unchanged' then movement = 0 end",
                what="amounts move as their type says",
            ),
        ],
    )


def churn_monthly() -> Suite:
    """One row per month."""
    return Suite(
        table="finance.churn_monthly",
        filled_by=MOVING,
        may_be_null=["logo_churn_rate", "gross_revenue_churn_rate", "net_revenue_churn_rate"],
        expectations=[
            has_columns(
                "month customers_at_start churned_customers voluntary_churned involuntary_churned logo_churn_rate "
                "gross_revenue_churn_rate net_revenue_churn_rate"
            ),
            *between("voluntary_churned involuntary_churned gross_revenue_churn_rate", 0),
            *between("logo_churn_rate", 0, 1),
            holds("churned_customers = voluntary_churned + involuntary_churned"),
            holds("(logo_churn_rate is null) = (customers_at_start = 0)"),
            reconciles("sum(churned_customers)", f"{COUNTED} where movement_type = 'churn'"),
            reconciles("sum(customers_at_start)", f"{COUNTED} where movement_type not in ('new', 'reactivation')"),
        ],
    )


def acquisition_monthly(reporting: Reporting) -> Suite:
    """One row per month and channel, and one for all."""
    return Suite(
        table="finance.acquisition_monthly",
        filled_by=MOVING,
        may_be_null=["cac", "payback_months"],
        expectations=[
            has_columns("month channel spend registrations new_customers cac payback_months"),
            *between("spend registrations new_customers cac payback_months", 0),
            holds("spend is not null"),
            holds("(cac is null) = (new_customers = 0)"),
            reconciles(
                f"2 * {of_all('registrations')}",
                "select coalesce(sum(registrations), 0) from finance.acquisition_monthly",
            ),
            reconciles(
                f"2 * {of_all('new_customers')}",
                "select coalesce(sum(new_customers), 0) from finance.acquisition_monthly",
            ),
            reconciles(of_all("spend"), converted(reporting, SPENT, "UTC"), within=ROUNDING, what="spend, converted"),
        ],
    )


def unit_economics_monthly(reporting: Reporting) -> Suite:
    """One row per month."""
    return Suite(
        table="finance.unit_economics_monthly",
        filled_by=MOVING,
        may_be_null=["arpa", "logo_churn_rate", "ltv", "cac", "ltv_to_cac", "payback_months"],
        expectations=[
            has_columns("month arpa gross_margin logo_churn_rate ltv cac ltv_to_cac payback_months"),
            *between("arpa ltv cac ltv_to_cac payback_months", 0),
            *between("gross_margin", reporting.gross_margin, reporting.gross_margin),
            holds("(ltv is null) = (coalesce(logo_churn_rate, 0) = 0 or arpa is null)"),
            holds("ltv is null or abs(ltv * logo_churn_rate - arpa * gross_margin) <= 0.01"),
            reconciles("count(*)", "select count(*) from finance.mrr_monthly"),
        ],
    )


def customer_value(reporting: Reporting) -> Suite:
    """One row per customer with a revenue payment."""
    return Suite(
        table="finance.customer_value",
        filled_by=None,
        may_be_null=["expected_payments_12m", "expected_value_12m", "probability_alive"],
        expectations=[
            has_columns(
                "user_id first_payment_at payments historical_value expected_payments_12m expected_value_12m "
                "probability_alive clv"
            ),
            *between("payments", 1),
            *between("expected_payments_12m expected_value_12m", 0),
            *between("probability_alive", 0, 1),
            holds("first_payment_at is not null and historical_value is not null and clv is not null"),
            reconciles(
                "sum(historical_value)", converted(reporting, VALUE), within=ROUNDING, what="revenue less refunds"
            ),
        ],
    )


def clv_model() -> Suite:
    """One row per parameter of the fit."""
    return Suite(
        table="finance.clv_model",
        filled_by="select 1",
        expectations=[
            has_columns("fitted_as_of parameter value"),
            gxe.ExpectColumnValuesToBeInSet(column="parameter", value_set=PARAMETERS),
            reconciles("count(*)", f"select {len(PARAMETERS)}", what="one row per parameter"),
            holds("parameter like '%log_likelihood' or value is null or value >= 0"),
            reconciles(
                "sum(case parameter when 'customers' then value end)", "select count(*) from finance.customer_value"
            ),
        ],
    )


def clv_cohorts() -> Suite:
    """One row per cohort and month since its beginning."""
    return Suite(
        table="finance.clv_cohorts",
        filled_by="select 1 from finance.customer_value",
        expectations=[
            has_columns("cohort_month months_since customers cumulative_value value_per_customer"),
            *between("customers", 1),
            *between("months_since", 0),
            holds("cumulative_value is not null and value_per_customer is not null"),
            reconciles(
                "sum(case months_since when 0 then customers end)", "select count(*) from finance.customer_value"
            ),
        ],
    )


def of_all(figure: str) -> str:
    """The sum of a figure over the rows for all channels together."""
    return f"sum(case channel when 'all' then {figure} end)"
