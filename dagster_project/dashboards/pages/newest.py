"""Operational: the newest day and the newest hours."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import Bars, Lines
from dagster_project.dashboards.forms import COUNT, FINE_FRACTION, FRACTION, MILLISECONDS
from dagster_project.dashboards.pages.health import TARGET
from dagster_project.dashboards.periods import Grain

WEEK = 7  # days have the rhythm of the week, so a day is compared with the same weekday before


def _requests(expression: str) -> str:
    return f"""
            select cast(hour as date) as period, {expression} as value
            from platform.api_performance_hourly group by period order by period
            """


def _payments(expression: str) -> str:
    return f"""
            select payment_date as period, {expression} as value
            from finance.payments_daily group by period order by period
            """


TILES = (
    Tile(
        "Daily active users",
        "Who was here.",
        "product.active_users_daily.dau",
        COUNT,
        Grain.day,
        """
            select activity_date as period, dau as value from product.active_users_daily
            where platform = 'all' order by period
            """,
        compare=WEEK,
    ),
    Tile(
        "Sessions",
        "How often they came.",
        "product.engagement_daily.sessions",
        COUNT,
        Grain.day,
        """
            select activity_date as period, sessions as value from product.engagement_daily
            where platform = 'all' order by period
            """,
        compare=WEEK,
    ),
    Tile(
        "Payment attempts",
        "Whether people pay.",
        "finance.payments_daily.attempts",
        COUNT,
        Grain.day,
        _payments("sum(attempts)"),
        compare=WEEK,
    ),
    Tile(
        "Payment success, day",
        "Whether paying works.",
        "finance.payments_daily.success_rate",
        FRACTION,
        Grain.day,
        _payments("sum(succeeded) / nullif(sum(succeeded) + sum(failed), 0)"),
        compare=WEEK,
    ),
    Tile(
        "API requests",
        "The load of the day.",
        "platform.api_performance_hourly.requests",
        COUNT,
        Grain.day,
        _requests("sum(requests)"),
        better=None,
        compare=WEEK,
    ),
    Tile(
        "Server errors",
        "Requests that failed by our fault.",
        "platform.api_performance_hourly.errors_5xx",
        FINE_FRACTION,
        Grain.day,
        _requests("sum(errors_5xx) / nullif(sum(requests), 0)"),
        better="down",
        compare=WEEK,
    ),
    Tile(
        "Integrations up",
        "Whether those we depend on answered.",
        "platform.integrations_daily.uptime",
        FINE_FRACTION,
        Grain.day,
        """
            select activity_date as period, sum(uptime * checks) / nullif(sum(checks), 0) as value
            from platform.integrations_daily group by period order by period
            """,
        compare=WEEK,
    ),
    Tile(
        "Client errors",
        "What broke in people's hands.",
        "platform.errors_daily.occurrences",
        COUNT,
        Grain.day,
        """
            select activity_date as period, sum(occurrences) as value from platform.errors_daily
            group by period order by period
            """,
        better="down",
        compare=WEEK,
    ),
)


SECTION = Section(
    "The last 48 hours",
    tiles=TILES,
    cards=(
        Chart(
            "Requests by service",
            "Where the load is.",
            ("platform.api_performance_hourly.requests",),
            "requests an hour",
            """
                select hour, service, sum(requests) as value from platform.api_performance_hourly
                where hour > (select max(hour) - interval 48 hour from platform.api_performance_hourly)
                group by hour, service order by hour, service
                """,
            Bars("hour", Grain.hour, COUNT, by="service"),
            filters=("service",),
        ),
        Chart(
            "Server errors by service",
            "What fails now.",
            ("platform.api_performance_hourly.errors_5xx",),
            "responses with a code from 500, an hour",
            """
                select hour, service, sum(errors_5xx) as value from platform.api_performance_hourly
                where hour > (select max(hour) - interval 48 hour from platform.api_performance_hourly)
                group by hour, service order by hour, service
                """,
            Bars("hour", Grain.hour, COUNT, by="service"),
            filters=("service",),
        ),
        Chart(
            "Success of critical paths",
            "Whether what the business lives from works now.",
            ("platform.critical_paths_hourly.success_rate", "platform.critical_paths_hourly.meets_target"),
            "share of requests that succeeded, an hour",
            """
                select hour, critical_path, success_rate as value from platform.critical_paths_hourly
                where hour > (select max(hour) - interval 48 hour from platform.critical_paths_hourly)
                order by hour, critical_path
                """,
            Lines("hour", Grain.hour, FINE_FRACTION, by="critical_path", zero=False, thresholds=(TARGET,)),
        ),
        Chart(
            "Response time of critical paths",
            "Whether people wait.",
            ("platform.critical_paths_hourly.p95_ms",),
            "milliseconds, 95th percentile, an hour",
            """
                select hour, critical_path, p95_ms as value from platform.critical_paths_hourly
                where hour > (select max(hour) - interval 48 hour from platform.critical_paths_hourly)
                order by hour, critical_path
                """,
            Lines("hour", Grain.hour, MILLISECONDS, by="critical_path"),
        ),
    ),
)
