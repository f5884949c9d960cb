"""What the technical dashboard shows in Grafana: each panel a PromQL query on exported figures."""

from __future__ import annotations

from dataclasses import dataclass

# Hourly and daily figures are samples far apart: a query looks back one period.
HOURLY, DAILY = "1h", "1d"


@dataclass(frozen=True)
class Panel:
    """A line per series; `unit` is one of Grafana's units, `limit` a threshold worth a line."""

    title: str
    why: str
    query: str
    legend: str
    unit: str
    every: str = HOURLY
    limit: float | None = None


def _resource(title: str, why: str, name: str, unit: str, limit: float | None = None) -> Panel:
    query = f"max by (resource_id) (last_over_time(warehouse_resource_{name}[1h]))"
    return Panel(title, why, query, "{{resource_id}}", unit, limit=limit)


SECTIONS: dict[str, tuple[Panel, ...]] = {
    "API": (
        Panel(
            "Requests",
            "How much each service carries in an hour.",
            "sum by (service) (last_over_time(warehouse_api_requests_total[1h]) "
            "- last_over_time(warehouse_api_requests_total[1h] offset 1h))",
            "{{service}}",
            "short",
        ),
        Panel(
            "Response time",
            "How long the slowest in twenty wait: the worst route of each service.",
            "max by (service) (last_over_time(warehouse_api_latency_p95_seconds[1h]))",
            "{{service}}",
            "s",
        ),
        Panel(
            "Errors",
            "Requests of a day answered with a code from 400.",
            "sum by (class) (last_over_time(warehouse_api_errors_total[1d]) "
            "- last_over_time(warehouse_api_errors_total[1d] offset 1d))",
            "{{class}}",
            "short",
            DAILY,
        ),
        Panel(
            "Cache hits",
            "Whether caching saves work.",
            "avg by (service) (last_over_time(warehouse_api_cache_hit_ratio[1h]))",
            "{{service}}",
            "percentunit",
        ),
        Panel(
            "Critical paths",
            "Whether what the business lives from works.",
            "last_over_time(warehouse_critical_path_success_ratio[1h])",
            "{{critical_path}}",
            "percentunit",
            limit=0.99,
        ),
        Panel(
            "Integrations",
            "Whether those we depend on answered.",
            "last_over_time(warehouse_integration_uptime_ratio[1d])",
            "{{integration}}",
            "percentunit",
            DAILY,
        ),
    ),
    "Pages in the browser": (
        Panel(
            "Largest contentful paint",
            "Whether pages show quickly for three in four people.",
            'max by (device) (last_over_time(warehouse_web_vital_p75_seconds{vital="LCP"}[1d]))',
            "{{device}}",
            "s",
            DAILY,
            2.5,
        ),
        Panel(
            "Layout shift",
            "Whether pages stand still.",
            "max by (device) (last_over_time(warehouse_web_vital_layout_shift_p75[1d]))",
            "{{device}}",
            "short",
            DAILY,
            0.1,
        ),
    ),
    "Infrastructure": (
        _resource("Processors", "Room for load.", "cpu_utilization_ratio", "percentunit", 0.8),
        _resource("Memory", "Room before something is killed.", "memory_utilization_ratio", "percentunit", 0.85),
        _resource("Disks", "Time until they are full.", "disk_utilization_ratio", "percentunit", 0.9),
        _resource("Query time", "Whether the database is quick.", "query_latency_seconds", "s"),
        _resource("Connections", "Room in the connection pool.", "connections", "short"),
        _resource("Replication lag", "How old a replica's answers are.", "replication_lag_seconds", "s"),
        _resource("Disk traffic", "Whether disks keep up.", "disk_io_bytes_per_second", "Bps"),
        _resource("Network traffic", "How much is carried.", "network_bytes_per_second", "Bps"),
        _resource("Network latency", "Whether the network is slow.", "network_latency_seconds", "s", 0.1),
        _resource("Healthy hosts", "Who is left to carry the load.", "healthy_hosts", "short"),
        _resource("Queue", "Whether work piles up.", "queue_depth", "short"),
        _resource("Oldest message", "How long work waits.", "oldest_message_age_seconds", "s"),
    ),
    "Security and feeds": (
        Panel(
            "Sign-ins",
            "Whether someone guesses passwords.",
            "last_over_time(warehouse_sign_ins_total[1d]) - last_over_time(warehouse_sign_ins_total[1d] offset 1d)",
            "{{outcome}}",
            "short",
            DAILY,
        ),
        Panel(
            "Guessing sources",
            "Addresses that tried many passwords.",
            "last_over_time(warehouse_brute_force_sources[1d])",
            "sources",
            "short",
            DAILY,
        ),
        Panel(
            "Lines delivered",
            "Which feed is late.",
            "last_over_time(warehouse_feed_lines_total[1d]) - last_over_time(warehouse_feed_lines_total[1d] offset 1d)",
            "{{feed}}",
            "short",
            DAILY,
        ),
        Panel(
            "Quarantined lines",
            "Which feed breaks its contract; all since the first delivery.",
            "last_over_time(warehouse_feed_quarantined_lines_total[1d])",
            "{{feed}}",
            "short",
            DAILY,
        ),
    ),
}
