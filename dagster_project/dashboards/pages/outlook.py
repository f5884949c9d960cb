"""Executive: what is expected of users, revenue, load and resources."""

from dagster_project.dashboards.definitions import Chart, Listing, Section
from dagster_project.dashboards.drawings import Lines, Series
from dagster_project.dashboards.forms import COUNT, FRACTION, MONEY, Form
from dagster_project.dashboards.periods import Grain

FIGURE = Form("figure", 2, "~s", ",.2f")


def _ahead(
    title: str, why: str, unit: str, figure: str, known: tuple[str, str, str], grain: Grain, form: Form, past: str
) -> Chart:
    """What was and what is expected; `known` is the column of the figure, its period and its value in SQL."""
    metric, period, value = known
    table = metric.rpartition(".")[0]
    return Chart(
        title,
        why,
        (metric, "ops.forecasts.value"),
        unit,
        f"""
            with known as (select {period} as period, {value} as actual from {table} group by period),
            ahead as (select period, value, lowest, highest from ops.forecasts where figure = '{figure}')
            select period, actual, value as expected, lowest, highest
            from known full join ahead using (period)
            where period >= (select max(trained_until) from ops.forecasts where figure = '{figure}') - interval {past}
            order by period
            """,
        Lines(
            "period",
            grain,
            form,
            (
                Series("actual", "Actual", "@c1"),
                Series("expected", "Expected", "@c2"),
                Series("lowest", "Lowest of 8 in 10", "@c6"),
                Series("highest", "Highest of 8 in 10", "@c6"),
            ),
        ),
    )


SECTION = Section(
    "Outlook",
    cards=(
        _ahead(
            "Active users ahead",
            "Whether growth goes on.",
            "people active on the day",
            "daily_active_users",
            ("product.active_users_daily.dau", "activity_date", "max(case when platform = 'all' then dau end)"),
            Grain.day,
            COUNT,
            "91 day",
        ),
        _ahead(
            "Recurring revenue ahead",
            "What can be planned with.",
            "at the end of the month",
            "closing_mrr",
            ("finance.mrr_monthly.closing_mrr", "month", "max(closing_mrr)"),
            Grain.month,
            MONEY,
            "18 month",
        ),
        _ahead(
            "Load ahead",
            "What the system has to carry.",
            "API requests a day",
            "api_requests",
            ("platform.api_performance_hourly.requests", "cast(hour as date)", "sum(requests)"),
            Grain.day,
            COUNT,
            "91 day",
        ),
        Listing(
            "All that is expected",
            "How much of everything, and how far the forecast was off when it was tested.",
            ("ops.forecasts.value", "ops.forecasts.error"),
            "at the end of the period looked ahead: 12 weeks or 6 months",
            """
                select figure, subject, strftime(max(period), '%Y-%m-%d') as period,
                    max_by(value, period) as expected, max_by(lowest, period) as lowest,
                    max_by(highest, period) as highest, any_value(error) as error
                from ops.forecasts group by figure, subject order by figure, subject
                """,
            {"expected": FIGURE, "lowest": FIGURE, "highest": FIGURE, "error": FRACTION},
        ),
    ),
)
