"""Technical: machines, containers, databases, network."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import SMALL, Lines
from dagster_project.dashboards.forms import (
    BYTES_PER_SECOND,
    COUNT,
    FINE_FRACTION,
    MILLISECONDS,
    PERCENT,
    SECONDS,
    Form,
)
from dagster_project.dashboards.periods import Grain

TILES = (
    Tile(
        "Busiest processor",
        "Whether a machine is at its end: the highest hourly mean of the day.",
        "platform.infrastructure_hourly.avg_value",
        PERCENT,
        Grain.day,
        """
            select cast(hour as date) as period, max(avg_value) as value from platform.infrastructure_hourly
            where metric = 'cpu_utilization' group by period order by period
            """,
        better="down",
        compare=7,
    ),
    Tile(
        "Resources beyond a limit",
        "What needs a hand.",
        "platform.infrastructure_hourly.is_breach",
        COUNT,
        Grain.day,
        """
            select cast(hour as date) as period, count(distinct case when is_breach then resource_id end) as value
            from platform.infrastructure_hourly group by period order by period
            """,
        better="down",
        compare=7,
    ),
)


def _metric(
    title: str, why: str, metric: str, unit: str, form: Form, figure: str = "avg_value", where: str = ""
) -> Chart:
    """A metric by resource, hour by hour; of the eight resources with the highest values."""
    return Chart(
        title,
        why,
        (f"platform.infrastructure_hourly.{figure}", "platform.infrastructure_hourly.threshold"),
        f"{unit}, {_FIGURES[figure]} of the hour, last 7 days",
        f"""
            with recent as (
                select *, {figure} as value from platform.infrastructure_hourly where metric = '{metric}'{where}
                    and hour > (select max(hour) - interval 7 day from platform.infrastructure_hourly)
            ),
            busiest as (
                select resource_id, max(value) as highest from recent group by resource_id
                order by highest desc, resource_id limit 8
            )
            select hour, threshold, resource_id, max(value) as value
            from recent join busiest using (resource_id) group by hour, threshold, resource_id, highest
            order by hour, highest desc, resource_id
            """,
        Lines("hour", Grain.hour, form, by="resource_id", limit="threshold", height=SMALL),
        span=4,
    )


_FIGURES = {"avg_value": "mean", "max_value": "highest", "p95_value": "95th percentile"}

SECTION = Section(
    "Infrastructure",
    cards=(
        _metric("Processors", "Room for load.", "cpu_utilization", "percent used", PERCENT),
        _metric("Memory", "Room before something is killed.", "memory_utilization", "percent used", PERCENT),
        _metric("Disks", "Time until they are full.", "disk_utilization", "percent used", PERCENT),
        _metric(
            "Containers",
            "Whether a service needs more.",
            "cpu_utilization",
            "percent of a processor",
            PERCENT,
            "p95_value",
            "\n        and resource_type = 'container'",
        ),
        _metric("Container restarts", "What falls over.", "restarts", "restarts an hour", COUNT),
        _metric("Healthy hosts", "Who is left to carry the load.", "healthy_hosts", "hosts", COUNT),
        _metric(
            "Query time", "Whether the database is quick.", "query_latency", "milliseconds", MILLISECONDS, "p95_value"
        ),
        _metric(
            "Connections",
            "Room in the connection pool.",
            "connections",
            "open connections",
            COUNT,
            "max_value",
            "\n        and resource_type = 'database'",
        ),
        _metric(
            "Replication lag", "How old a replica's answers are.", "replication_lag", "seconds", SECONDS, "max_value"
        ),
        _metric("Index hits", "Whether queries find their index.", "index_hit_ratio", "share of reads", FINE_FRACTION),
        _metric("Disk traffic", "Whether disks keep up.", "disk_io", "bytes a second", BYTES_PER_SECOND),
        _metric("Network traffic", "How much is carried.", "network_throughput", "bytes a second", BYTES_PER_SECOND),
        _metric("Network latency", "Whether the network is slow.", "network_latency", "milliseconds", MILLISECONDS),
        _metric("Queue", "Whether work piles up.", "queue_depth", "messages waiting", COUNT),
        _metric("Oldest message", "How long work waits.", "oldest_message_age", "seconds", SECONDS, "max_value"),
    ),
)
