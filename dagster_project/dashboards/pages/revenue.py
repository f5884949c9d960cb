"""Executive: recurring revenue, churn and what a customer costs and is worth."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import Bars, Bridge, Heatmap, Lines, Series, Threshold
from dagster_project.dashboards.forms import COUNT, FRACTION, MONEY, RATIO
from dagster_project.dashboards.periods import Grain

TILES = (
    Tile(
        "Monthly recurring revenue",
        "What the subscriptions bring in a month as they stand.",
        "finance.mrr_monthly.closing_mrr",
        MONEY,
        Grain.month,
        "select month as period, closing_mrr as value from finance.mrr_monthly order by month",
    ),
    Tile(
        "Customer churn",
        "Who leaves has to be won again.",
        "finance.churn_monthly.logo_churn_rate",
        FRACTION,
        Grain.month,
        "select month as period, logo_churn_rate as value from finance.churn_monthly order by month",
        better="down",
    ),
    Tile(
        "Acquisition cost",
        "What a new customer costs in marketing.",
        "finance.acquisition_monthly.cac",
        MONEY,
        Grain.month,
        "select month as period, cac as value from finance.acquisition_monthly where channel = 'all' order by month",
        better="down",
    ),
    Tile(
        "Customer lifetime value",
        "What customers have paid and will pay within a year, on average.",
        "finance.customer_value.clv",
        MONEY,
        Grain.day,
        """
            select (select as_of from ops.domain_freshness where domain = 'finance') as period, avg(clv) as value
            from finance.customer_value
            """,
    ),
)

_MOVEMENTS = (
    Series("new_mrr", "New", "@c1"),
    Series("reactivation_mrr", "Reactivated", "@c2"),
    Series("expansion_mrr", "Expanded", "@c8"),
    Series("contraction_mrr", "Contracted", "@c3", is_below=True),
    Series("churned_mrr", "Churned", "@c5", is_below=True),
)

SECTION = Section(
    "Recurring revenue",
    cards=(
        Chart(
            "Recurring revenue movements",
            "Where growth comes from, and what eats it.",
            tuple(f"finance.mrr_monthly.{one.column}" for one in _MOVEMENTS),
            "{currency} a month, won above and lost below the line",
            """
                select month, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr, churned_mrr
                from finance.mrr_monthly order by month
                """,
            Bars("month", Grain.month, MONEY, _MOVEMENTS),
            span=7,
        ),
        Chart(
            "From opening to closing",
            "How one month's revenue became the next one's.",
            ("finance.mrr_monthly.opening_mrr", "finance.mrr_monthly.closing_mrr", "finance.mrr_monthly.fx_mrr"),
            "{currency} a month",
            """
                with steps as (
                    select month, is_complete, unnest([
                        {'place': 1, 'step': 'Opening', 'amount': opening_mrr, 'kind': 'total'},
                        {'place': 2, 'step': 'New', 'amount': new_mrr, 'kind': 'gain'},
                        {'place': 3, 'step': 'Back', 'amount': reactivation_mrr, 'kind': 'gain'},
                        {'place': 4, 'step': 'More', 'amount': expansion_mrr, 'kind': 'gain'},
                        {'place': 5, 'step': 'Less', 'amount': -contraction_mrr, 'kind': 'loss'},
                        {'place': 6, 'step': 'Churned', 'amount': -churned_mrr, 'kind': 'loss'},
                        {'place': 7, 'step': 'FX', 'amount': fx_mrr, 'kind': 'open'},
                        {'place': 8, 'step': 'Closing', 'amount': closing_mrr, 'kind': 'total'}], recursive := true)
                    from finance.mrr_monthly
                )
                select strftime(month, '%B %Y') || case when is_complete then '' else ' (running)' end as month,
                    step, amount, kind,
                    case when kind = 'total' then 0
                        else sum(amount) over (partition by steps.month order by place) - amount end as start,
                    case when kind = 'total' then amount
                        else sum(amount) over (partition by steps.month order by place) end as finish
                from steps order by is_complete desc, steps.month desc, place limit 104
                """,
            Bridge("step", "start", "finish", "amount", "kind", MONEY, {"step": "Step", "amount": "Amount"}),
            filters=("month",),
            span=5,
        ),
        Chart(
            "Revenue retention",
            "Whether the customers of a month bring as much a month later.",
            ("finance.mrr_monthly.nrr", "finance.mrr_monthly.grr"),
            "share of the opening revenue that is kept, with and without expansion",
            "select month, nrr, grr from finance.mrr_monthly order by month",
            Lines(
                "month",
                Grain.month,
                FRACTION,
                (Series("nrr", "Net"), Series("grr", "Gross")),
                thresholds=(Threshold(1, "all kept"),),
                zero=False,
            ),
        ),
        Chart(
            "Churn",
            "Whether customers leave by will or because a payment failed.",
            (
                "finance.churn_monthly.logo_churn_rate",
                "finance.churn_monthly.voluntary_churned",
                "finance.churn_monthly.involuntary_churned",
            ),
            "customers who left, a month",
            "select month, voluntary_churned, involuntary_churned from finance.churn_monthly order by month",
            Bars(
                "month",
                Grain.month,
                COUNT,
                (
                    Series("voluntary_churned", "By choice", "@c6"),
                    Series("involuntary_churned", "Payment failed", "@c5"),
                ),
            ),
        ),
        Chart(
            "Lifetime value against cost",
            "A customer should bring at least three times what winning it cost.",
            ("finance.unit_economics_monthly.ltv_to_cac", "finance.unit_economics_monthly.ltv"),
            "times the acquisition cost",
            "select month, ltv_to_cac from finance.unit_economics_monthly order by month",
            Lines(
                "month",
                Grain.month,
                RATIO,
                (Series("ltv_to_cac", "LTV : CAC"),),
                thresholds=(Threshold(3, "3 : 1"),),
            ),
        ),
        Chart(
            "Acquisition cost by channel",
            "Where a new customer is cheap.",
            ("finance.acquisition_monthly.cac",),
            "{currency} of spend per new customer",
            """
                select month, channel, cac as value from finance.acquisition_monthly
                where channel <> 'all' and spend > 0 order by month, channel
                """,
            Lines("month", Grain.month, MONEY, by="channel"),
            filters=("channel",),
        ),
        Chart(
            "Value of a cohort over time",
            "How soon customers pay back, and whether newer cohorts are worth more.",
            ("finance.clv_cohorts.value_per_customer",),
            "{currency} per customer, cumulative, by months since the first payment",
            """
                select strftime(cohort_month, '%b %Y') as cohort, cast(months_since as varchar) as months_since,
                    value_per_customer, customers from finance.clv_cohorts
                where cohort_month >= (select max(cohort_month) - interval 12 month from finance.clv_cohorts)
                    and months_since <= 12 order by cohort_month, clv_cohorts.months_since
                """,
            Heatmap(
                "months_since",
                "cohort",
                "value_per_customer",
                MONEY,
                {
                    "cohort": "First paid in",
                    "months_since": "Months since",
                    "value_per_customer": "Value per customer",
                    "customers": "Customers",
                },
                written=True,
            ),
            span=12,
        ),
    ),
)
