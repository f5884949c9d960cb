"""Executive: the money that moves."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import Bars, Bridge, Lines, Series
from dagster_project.dashboards.forms import COUNT, FRACTION, MONEY
from dagster_project.dashboards.periods import Grain


def _monthly(expression: str) -> str:
    return f"""
            select date_trunc('month', payment_date) as period, {expression} as value
            from finance.payments_daily group by period order by period
            """


TILES = (
    Tile(
        "Payment volume",
        "The money that moved in a month.",
        "finance.payments_daily.volume",
        MONEY,
        Grain.month,
        _monthly("sum(volume)"),
    ),
    Tile(
        "Average payment",
        "Whether people pay larger bills here.",
        "finance.payments_daily.avg_value",
        MONEY,
        Grain.month,
        _monthly("sum(volume) / nullif(sum(succeeded), 0)"),
        better=None,
    ),
    Tile(
        "Fee revenue",
        "What the payments bring us.",
        "finance.payments_daily.fee_revenue",
        MONEY,
        Grain.month,
        _monthly("sum(fee_revenue)"),
    ),
    Tile(
        "Payment success",
        "A payment that fails is revenue and trust at risk.",
        "finance.payments_daily.success_rate",
        FRACTION,
        Grain.month,
        _monthly("sum(succeeded) / nullif(sum(succeeded) + sum(failed), 0)"),
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
            """
                select date_trunc('month', payment_date) as month, kind, sum(volume) as value
                from finance.payments_daily
                where payment_date >= (select date_trunc('month', max(payment_date)) - interval 12 month
                    from finance.payments_daily)
                group by month, kind order by month, sum(value) over (partition by kind) desc, kind
                """,
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
            """
                with months as (
                    select *, first_attempt_successes + recovered as paid,
                        month + interval 1 month > as_of + 1 as is_running
                    from finance.payment_recovery_monthly cross join ops.domain_freshness where domain = 'finance'
                ),
                stages as (
                    select month, intents, is_running, unnest([
                        {'place': 1, 'stage': 'Begun', 'kind': 'total', 'start': 0, 'finish': intents},
                        {'place': 2, 'stage': 'Paid at first attempt', 'kind': 'gain', 'start': 0,
                            'finish': first_attempt_successes},
                        {'place': 3, 'stage': 'Paid after a retry', 'kind': 'gain', 'start': first_attempt_successes,
                            'finish': paid},
                        {'place': 4, 'stage': 'Still open', 'kind': 'open', 'start': paid, 'finish': intents - lost},
                        {'place': 5, 'stage': 'Lost', 'kind': 'loss', 'start': intents - lost, 'finish': intents}
                    ], recursive := true)
                    from months
                )
                select strftime(month, '%B %Y') || case when is_running then ' (running)' else '' end as month,
                    stage, finish - start as amount, (finish - start) / nullif(intents, 0) as share, kind, start, finish
                from stages order by is_running, stages.month desc, place limit 65
                """,
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
            """
                select date_trunc('month', payment_date) as month, sum(refunded) - sum(chargebacks) as refunds,
                    sum(chargebacks) as chargebacks from finance.payments_daily
                where payment_date >= (select date_trunc('month', max(payment_date)) - interval 12 month
                    from finance.payments_daily)
                group by month order by month
                """,
            Bars(
                "month",
                Grain.month,
                MONEY,
                (Series("refunds", "Refunds", "@c6"), Series("chargebacks", "Chargebacks", "@c5")),
            ),
        ),
    ),
)
