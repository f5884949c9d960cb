"""Executive: the money that moves."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import Bars, Bridge, Lines, Series
from dagster_project.dashboards.forms import COUNT, FRACTION, MONEY
from dagster_project.dashboards.periods import Grain


def _monthly(expression: str) -> str:
    return (
        f"select date_trunc('month', payment_date) as period, {expression} as value\n"
        "from finance.payments_daily group by period order by period"
    )


TILES = (
    Tile(
        "Payment volume",
        "The money that moved in a month.",
        "finance.payments_daily.volume",
        MONEY,
        Grain.month,
        _monthly("sum(volume)"),
        covers=("Total transaction volume",),
    ),
    Tile(
        "Average payment",
        "Whether people pay larger bills here.",
        "finance.payments_daily.avg_value",
        MONEY,
        Grain.month,
        _monthly("sum(volume) / nullif(sum(succeeded), 0)"),
        better=None,
        covers=("Average transaction value",),
    ),
    Tile(
        "Fee revenue",
        "What the payments bring us.",
        "finance.payments_daily.fee_revenue",
        MONEY,
        Grain.month,
        _monthly("sum(fee_revenue)"),
        covers=("Processing fee revenue",),
    ),
    Tile(
        "Payment success",
        "A payment that fails is revenue and trust at risk.",
        "finance.payments_daily.success_rate",
        FRACTION,
        Grain.month,
        _monthly("sum(succeeded) / nullif(sum(succeeded) + sum(failed), 0)"),
        covers=("Payment success rate",),
    ),
)

SECTION = Section(
    "Payments",
    cards=(
        Chart(
            "Volume by kind",
            "What people pay for.",
            ("finance.payments_daily.volume",),
            "{currency} of succeeded payments, a month",
            "select date_trunc('month', payment_date) as month, kind, sum(volume) as value from finance.payments_daily\n"
            "where payment_date >= (select date_trunc('month', max(payment_date)) - interval 12 month\n"
            "    from finance.payments_daily)\n"
            "group by month, kind order by month, sum(value) over (partition by kind) desc, kind",
            Bars("month", Grain.month, MONEY, by="kind"),
        ),
        Chart(
            "What becomes of a payment",
            "How many succeed at once, how many retries rescue, how many are lost.",
            (
                "finance.payment_recovery_monthly.first_attempt_rate",
                "finance.payment_recovery_monthly.eventual_rate",
                "finance.payment_recovery_monthly.intents",
            ),
            "payments begun in the month",
            "with stages as (\n"
            "    select month, intents, unnest([\n"
            "        {'place': 1, 'stage': 'Begun', 'amount': intents, 'kind': 'total', 'start': 0},\n"
            "        {'place': 2, 'stage': 'Paid at first attempt', 'amount': first_attempt_successes, 'kind': 'gain', 'start': 0},\n"
            "        {'place': 3, 'stage': 'Paid after a retry', 'amount': recovered, 'kind': 'gain',\n"
            "            'start': first_attempt_successes},\n"
            "        {'place': 4, 'stage': 'Still open', 'kind': 'open', 'start': first_attempt_successes + recovered,\n"
            "            'amount': intents - first_attempt_successes - recovered - lost},\n"
            "        {'place': 5, 'stage': 'Lost', 'amount': lost, 'kind': 'loss', 'start': intents - lost}], recursive := true)\n"
            "    from finance.payment_recovery_monthly\n"
            "),\n"
            "finance_as_of as (select as_of from ops.domain_freshness where domain = 'finance')\n"
            "select strftime(month, '%B %Y') || case when month + interval 1 month > as_of + 1 then ' (running)' else '' end\n"
            "    as month, stage, amount, amount / nullif(intents, 0) as share, kind, start, start + amount as finish\n"
            "from stages cross join finance_as_of\n"
            "order by stages.month + interval 1 month > as_of + 1, stages.month desc, place limit 65",
            Bridge(
                "stage",
                "start",
                "finish",
                "amount",
                "kind",
                COUNT,
                {"stage": "Stage", "amount": "Payments", "share": "Share"},
                lies=True,
            ),
            filters=("month",),
        ),
        Chart(
            "Success of payments",
            "What retries rescue of what fails at first.",
            (
                "finance.payment_recovery_monthly.first_attempt_rate",
                "finance.payment_recovery_monthly.eventual_rate",
            ),
            "share of payments begun in the month",
            "select month, first_attempt_rate, eventual_rate from finance.payment_recovery_monthly order by month",
            Lines(
                "month",
                Grain.month,
                FRACTION,
                (Series("eventual_rate", "In the end"), Series("first_attempt_rate", "At first attempt")),
                zero=False,
            ),
        ),
        Chart(
            "Refunds and chargebacks",
            "What was paid and had to be given back.",
            ("finance.payments_daily.refunded", "finance.payments_daily.chargebacks"),
            "{currency} returned in the month",
            "select date_trunc('month', payment_date) as month, sum(refunded) - sum(chargebacks) as refunds,\n"
            "    sum(chargebacks) as chargebacks from finance.payments_daily\n"
            "where payment_date >= (select date_trunc('month', max(payment_date)) - interval 12 month\n"
            "    from finance.payments_daily)\n"
            "group by month order by month",
            Bars(
                "month",
                Grain.month,
                MONEY,
                (Series("refunds", "Refunds", "@c6"), Series("chargebacks", "Chargebacks", "@c5")),
            ),
        ),
    ),
)
