"""Technical: the API and the services behind it."""

from inspect import cleandoc

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import Bands, Bars, Lines, Ranking, Series
from dagster_project.dashboards.forms import COUNT, FINE_FRACTION, FRACTION, MILLISECONDS
from dagster_project.dashboards.periods import Grain

# Of every service, and of all together.
_DAILY = cleandoc(
    """
        select cast(hour as date) as day, coalesce(service, 'all') as service, {figures}
        from platform.api_performance_hourly
        where hour >= (select max(hour) - interval 90 day from platform.api_performance_hourly)
        group by grouping sets ((cast(hour as date), service), (cast(hour as date))) order by service, day
        """
)


def _weighted(column: str) -> str:
    return f"sum({column} * requests) / nullif(sum(case when {column} is not null then requests end), 0)"


def _tile(expression: str) -> str:
    return f"""
            select cast(hour as date) as period, {expression} as value
            from platform.api_performance_hourly group by period order by period
            """


TILES = (
    Tile(
        "Response time",
        "How long the slowest in twenty wait: the mean of hourly 95th percentiles, weighted by requests.",
        "platform.api_performance_hourly.p95_ms",
        MILLISECONDS,
        Grain.day,
        _tile(_weighted("p95_ms")),
        better="down",
        compare=7,
    ),
    Tile(
        "Errors of the API",
        "Requests answered with a code from 400.",
        "platform.api_performance_hourly.error_rate",
        FINE_FRACTION,
        Grain.day,
        _tile("(sum(errors_4xx) + sum(errors_5xx)) / nullif(sum(requests), 0)"),
        better="down",
        compare=7,
    ),
    Tile(
        "Cache hits",
        "Requests that cost nothing.",
        "platform.api_performance_hourly.cache_hit_rate",
        FRACTION,
        Grain.day,
        _tile(_weighted("cache_hit_rate")),
        compare=7,
    ),
)

SECTION = Section(
    "API",
    cards=(
        Chart(
            "Response times",
            "Whether the API is quick for most and for the unlucky.",
            (
                "platform.api_performance_hourly.p50_ms",
                "platform.api_performance_hourly.p95_ms",
                "platform.api_performance_hourly.p99_ms",
            ),
            "milliseconds; mean of the day's hourly percentiles of each route, weighted by requests",
            _DAILY.format(
                figures=",\n    ".join(f"{_weighted(f'{name}_ms')} as {name}" for name in ("p50", "p95", "p99"))
            ),
            Bands(
                "day",
                Grain.day,
                MILLISECONDS,
                (Series("p50", "p50"), Series("p95", "p95"), Series("p99", "p99")),
            ),
            filters=("service",),
        ),
        Chart(
            "Throughput",
            "How much each service carries.",
            ("platform.api_performance_hourly.requests",),
            "requests a day",
            """
                select cast(hour as date) as day, service, sum(requests) as value from platform.api_performance_hourly
                where hour >= (select max(hour) - interval 90 day from platform.api_performance_hourly)
                group by day, service order by day, service
                """,
            Bars("day", Grain.day, COUNT, by="service"),
            filters=("service",),
        ),
        Chart(
            "Error rates",
            "Whether callers err or we do.",
            (
                "platform.api_performance_hourly.errors_4xx",
                "platform.api_performance_hourly.errors_5xx",
                "platform.api_performance_hourly.error_rate",
            ),
            "share of requests, a day",
            _DAILY.format(
                figures="""
                    sum(errors_4xx) / nullif(sum(requests), 0) as client,
                        sum(errors_5xx) / nullif(sum(requests), 0) as server
                    """
            ),
            Lines(
                "day",
                Grain.day,
                FINE_FRACTION,
                (Series("client", "4xx, by the caller", "@c6"), Series("server", "5xx, by us", "@c5")),
            ),
            filters=("service",),
        ),
        Chart(
            "Cache hit rate",
            "Whether caching saves work.",
            ("platform.api_performance_hourly.cache_hit_rate",),
            "share of cacheable requests, weighted by requests, a day",
            _DAILY.format(figures=f"{_weighted('cache_hit_rate')} as cache_hit_rate"),
            Lines("day", Grain.day, FRACTION, (Series("cache_hit_rate", "Cache hits", "@c2"),), zero=False),
            filters=("service",),
        ),
        Chart(
            "Slowest routes",
            "Where to make the API quicker.",
            ("platform.api_performance_hourly.p95_ms",),
            "milliseconds, mean of hourly 95th percentiles in the last 7 days, weighted by requests",
            f"""
                select method || ' ' || route as route, {_weighted("p95_ms")} as p95_ms,
                    sum(requests) as requests,
                    (sum(errors_4xx) + sum(errors_5xx)) / nullif(sum(requests), 0) as error_rate
                from platform.api_performance_hourly
                where hour > (select max(hour) - interval 7 day from platform.api_performance_hourly)
                group by method, route order by p95_ms desc nulls last, route limit 10
                """,
            Ranking(
                "route",
                "p95_ms",
                MILLISECONDS,
                {"route": "Route", "p95_ms": "p95", "requests": "Requests", "error_rate": "Errors"},
                {"requests": COUNT, "error_rate": FINE_FRACTION},
            ),
        ),
        Chart(
            "Where the time goes",
            "Which operation to look at in the traces.",
            ("platform.traces_hourly.self_time_share", "platform.traces_hourly.p95_ms"),
            "share of the time that all spans spent themselves, mean of the hours of the last 7 days",
            """
                with recent as (
                    select * from platform.traces_hourly
                    where hour > (select max(hour) - interval 7 day from platform.traces_hourly)
                )
                select service || ': ' || operation as operation, sum(spans) as spans, sum(errors) as errors,
                    sum(self_time_share) / (select count(distinct hour) from recent) as self_time_share,
                    sum(throttles) as throttles, max(p95_ms) as p95_ms
                from recent group by service, operation order by self_time_share desc nulls last, operation limit 10
                """,
            Ranking(
                "operation",
                "self_time_share",
                FRACTION,
                {
                    "operation": "Operation",
                    "self_time_share": "Self time",
                    "spans": "Spans",
                    "errors": "Errors",
                    "throttles": "Throttled",
                    "p95_ms": "p95 of the slowest hour, ms",
                },
                {"spans": COUNT, "errors": COUNT, "throttles": COUNT, "p95_ms": MILLISECONDS},
            ),
        ),
        Chart(
            "Spans that failed or were throttled",
            "Whether parts behind the API refuse work.",
            ("platform.traces_hourly.errors", "platform.traces_hourly.throttles"),
            "spans a day",
            """
                select cast(hour as date) as day, coalesce(service, 'all') as service, sum(errors) as errors,
                    sum(throttles) as throttles from platform.traces_hourly
                where hour >= (select max(hour) - interval 90 day from platform.traces_hourly)
                group by grouping sets ((cast(hour as date), service), (cast(hour as date))) order by service, day
                """,
            Bars("day", Grain.day, COUNT, (Series("errors", "Failed", "@c5"), Series("throttles", "Throttled", "@c3"))),
            filters=("service",),
        ),
        Chart(
            "Log lines",
            "Whether the system talks more than usual, and how it complains.",
            ("platform.logs_hourly.lines",),
            "lines a day",
            """
                select cast(hour as date) as day, coalesce(service, 'all') as service, level, sum(lines) as value
                from platform.logs_hourly
                where hour >= (select max(hour) - interval 90 day from platform.logs_hourly)
                group by grouping sets ((cast(hour as date), service, level), (cast(hour as date), level))
                order by service, day, sum(sum(lines)) over (partition by level) desc, level
                """,
            Bars("day", Grain.day, COUNT, by="level"),
            filters=("service",),
        ),
    ),
)
