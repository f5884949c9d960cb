"""Technical: machines, containers, databases, network."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import SMALL, Lines
from dagster_project.dashboards.forms import BYTES_PER_SECOND, COUNT, FINE_FRACTION, MILLISECONDS, PERCENT, SECONDS, Form
from dagster_project.dashboards.periods import Grain

TILES = (
    Tile(
        "Busiest processor",
        "Whether a machine is at its end: the highest hourly mean of the day.",
        "platform.infrastructure_hourly.avg_value",
        PERCENT,
        Grain.day,
        "select cast(hour as date) as period, max(avg_value) as value from platform.infrastructure_hourly\n"
        "where metric = 'cpu_utilization' group by period order by period",
        better="down",
        compare=7,
        covers=("Infrastructure metrics",),
    ),
    Tile(
        "Resources beyond a limit",
        "What needs a hand.",
        "platform.infrastructure_hourly.is_breach",
        COUNT,
        Grain.day,
        "select cast(hour as date) as period, count(distinct case when is_breach then resource_id end) as value\n"
        "from platform.infrastructure_hourly group by period order by period",
        better="down",
        compare=7,
    ),
)


def _metric(title: str, why: str, metric: str, unit: str, form: Form, *covers: str) -> Chart:
    return Chart(
        title,
        why,
        ("platform.infrastructure_hourly.avg_value", "platform.infrastructure_hourly.threshold"),
        f"{unit}; mean of the hour, last 7 days",
        "with recent as (\n"
        f"    select * from platform.infrastructure_hourly where metric = '{metric}'\n"
        "        and hour > (select max(hour) - interval 7 day from platform.infrastructure_hourly)\n"
        "),\n"
        "busiest as (\n"
        "    select resource_id, max(avg_value) as highest from recent group by resource_id\n"
        "    order by highest desc, resource_id limit 8\n"
        ")\n"
        "select hour, threshold, resource_id, max(avg_value) as value\n"
        "from recent join busiest using (resource_id) group by hour, threshold, resource_id, highest\n"
        "order by hour, highest desc, resource_id",
        Lines("hour", Grain.hour, form, by="resource_id", limit="threshold", height=SMALL),
        span=4,
        covers=covers,
    )


SECTION = Section(
    "Infrastructure",
    cards=(
        _metric("Processors", "Room for load.", "cpu_utilization", "percent used", PERCENT, "CPU utilization"),
        _metric("Memory", "Room before something is killed.", "memory_utilization", "percent used", PERCENT, "Memory utilization"),
        _metric("Disks", "Time until they are full.", "disk_utilization", "percent used", PERCENT, "Disk usage"),
        _metric("Disk traffic", "Whether disks keep up.", "disk_io", "bytes a second", BYTES_PER_SECOND, "Disk I/O"),
        _metric(
            "Network traffic", "How much is carried.", "network_throughput", "bytes a second", BYTES_PER_SECOND, "Network throughput"
        ),
        _metric("Network latency", "Whether the network is slow.", "network_latency", "milliseconds", MILLISECONDS, "Network latency"),
        _metric("Query time", "Whether the database is quick.", "query_latency", "milliseconds", MILLISECONDS, "Query performance"),
        _metric("Connections", "Room in the connection pool.", "connections", "open connections", COUNT, "Connection pools"),
        _metric("Replication lag", "How old a replica's answers are.", "replication_lag", "seconds", SECONDS, "Replication lag"),
        _metric("Index hits", "Whether queries find their index.", "index_hit_ratio", "share of reads", FINE_FRACTION, "Index effectiveness"),
        _metric("Container restarts", "What falls over.", "restarts", "restarts since the deployment", COUNT, "Container health", "Restart counts", "Resource usage"),
        _metric("Queue", "Whether work piles up.", "queue_depth", "messages waiting", COUNT),
    ),
)
