"""Which published figures go to Prometheus, under which name, type and unit, each as a query of the release.

A query yields `ends_at` (of the period), `value` and the labels. Names end in their unit, as OpenMetrics has it; a
counter's query yields what each period adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Family:
    """One family of metrics: `table` is the published table it is read from."""

    name: str
    type: Literal["gauge", "counter"]
    help: str
    table: str
    select: str
    unit: str = ""

    @property
    def sql(self) -> str:
        """The whole query."""
        return f"select {self.select.replace('{table}', self.table)}"

    @property
    def is_in_utc(self) -> bool:
        """Whether `ends_at` is in UTC: hours and delivery days are, days and months of the reporting time zone."""
        return self.select.startswith((HOUR, DELIVERY_DAY))


HOUR = "hour + interval 1 hour as ends_at"
DELIVERY_DAY = "cast(dt as timestamp) + interval 1 day as ends_at"
DAY = "cast(activity_date as timestamp) + interval 1 day as ends_at"
MONTH = "cast(month as timestamp) + interval 1 month as ends_at"


def _hourly(name: str, type: Literal["gauge", "counter"], help: str, figure: str, unit: str = "") -> Family:
    """A figure of the API by service and route."""
    table = "platform.api_performance_hourly"
    return Family(name, type, help, table, f"{HOUR}, service, method, route, {figure} as value from {{table}}", unit)


def _resource(name: str, help: str, metric: str, unit: str = "", scale: str = "") -> Family:
    """The hourly mean of a metric of machines; `scale` turns it into the unit."""
    table = "platform.infrastructure_hourly"
    select = f"{HOUR}, resource_type, resource_id, avg_value{scale} as value from {{table}} where metric = '{metric}'"
    return Family(f"warehouse_resource_{name}", "gauge", help, table, select, unit)


FAMILIES = (
    _hourly("warehouse_api_requests", "counter", "Requests to the API.", "requests"),
    Family(
        "warehouse_api_errors",
        "counter",
        "Requests answered with a code from 400, by class.",
        "platform.api_performance_hourly",
        f"{HOUR}, service, method, route, class, value from {{table}} "
        "cross join lateral (values ('4xx', errors_4xx), ('5xx', errors_5xx)) as errors (class, value)",
    ),
    *(
        _hourly(
            f"warehouse_api_latency_{name}_seconds",
            "gauge",
            f"Response time of the hour, {name[1:]}th percentile.",
            f"{name}_ms / 1000",
            "seconds",
        )
        for name in ("p50", "p95", "p99")
    ),
    _hourly("warehouse_api_cache_hit_ratio", "gauge", "Requests answered from a cache.", "cache_hit_rate", "ratio"),
    Family(
        "warehouse_critical_path_success_ratio",
        "gauge",
        "Requests of a critical path that succeeded in the hour.",
        "platform.critical_paths_hourly",
        f"{HOUR}, critical_path, success_rate as value from {{table}}",
        "ratio",
    ),
    Family(
        "warehouse_web_vital_p75_seconds",
        "gauge",
        "Web vitals that are times, 75th percentile of the day.",
        "platform.web_vitals_daily",
        f"{DAY}, page, device, metric as vital, p75 / 1000 as value from {{table}} where metric <> 'CLS'",
        "seconds",
    ),
    Family(
        "warehouse_web_vital_layout_shift_p75",
        "gauge",
        "Cumulative layout shift, 75th percentile of the day.",
        "platform.web_vitals_daily",
        f"{DAY}, page, device, p75 as value from {{table}} where metric = 'CLS'",
    ),
    Family(
        "warehouse_integration_uptime_ratio",
        "gauge",
        "Checks of the day that found an integration up.",
        "platform.integrations_daily",
        f"{DAY}, integration, uptime as value from {{table}}",
        "ratio",
    ),
    _resource("cpu_utilization_ratio", "Processor in use.", "cpu_utilization", "ratio", " / 100"),
    _resource("memory_utilization_ratio", "Memory in use.", "memory_utilization", "ratio", " / 100"),
    _resource("disk_utilization_ratio", "Disk in use.", "disk_utilization", "ratio", " / 100"),
    _resource("disk_io_bytes_per_second", "Disk traffic.", "disk_io", "bytes_per_second"),
    _resource("network_bytes_per_second", "Network traffic.", "network_throughput", "bytes_per_second"),
    _resource("network_latency_seconds", "Network latency.", "network_latency", "seconds", " / 1000"),
    _resource("query_latency_seconds", "Query time of databases.", "query_latency", "seconds", " / 1000"),
    _resource("replication_lag_seconds", "Age of a replica's answers.", "replication_lag", "seconds"),
    _resource("connections", "Open connections.", "connections"),
    _resource("healthy_hosts", "Hosts that a load balancer found healthy.", "healthy_hosts"),
    _resource("queue_depth", "Messages that wait.", "queue_depth"),
    _resource("oldest_message_age_seconds", "Age of the message that waits longest.", "oldest_message_age", "seconds"),
    Family(
        "warehouse_sign_ins",
        "counter",
        "Sign-ins tried, by outcome.",
        "security.authentication_daily",
        f"{DAY}, outcome, value from {{table}} cross join lateral "
        "(values ('failure', failures), ('success', attempts - failures)) as outcomes (outcome, value)",
    ),
    Family(
        "warehouse_brute_force_sources",
        "gauge",
        "Addresses that tried many passwords on the day.",
        "security.authentication_daily",
        f"{DAY}, brute_force_sources as value from {{table}}",
    ),
    Family(
        "warehouse_active_users",
        "gauge",
        "People active on the day, in 7 days, in the month before its end.",
        "product.active_users_daily",
        f"{DAY}, span, value from {{table}} cross join lateral "
        "(values ('day', dau), ('week', wau), ('month', mau)) as spans (span, value) where platform = 'all'",
    ),
    Family(
        "warehouse_registrations",
        "counter",
        "People registered, by channel.",
        "product.registrations_daily",
        "cast(registration_date as timestamp) + interval 1 day as ends_at, acquisition_channel as channel, "
        "sum(registrations) as value from {table} group by all",
    ),
    Family(
        "warehouse_payment_volume_money",
        "counter",
        "Succeeded payments in the reporting currency, by kind.",
        "finance.payments_daily",
        "cast(payment_date as timestamp) + interval 1 day as ends_at, kind, sum(volume) as value from {table} "
        "group by all",
    ),
    Family(
        "warehouse_payment_attempts",
        "counter",
        "Payment attempts that ended, by outcome.",
        "finance.payments_daily",
        "cast(payment_date as timestamp) + interval 1 day as ends_at, outcome, sum(value) as value from {table} "
        "cross join lateral (values ('success', succeeded), ('failure', failed)) as outcomes (outcome, value) "
        "group by all",
    ),
    Family(
        "warehouse_monthly_recurring_revenue_money",
        "gauge",
        "Recurring revenue at the end of the month in the reporting currency.",
        "finance.mrr_monthly",
        f"{MONTH}, closing_mrr as value from {{table}} where is_complete",
    ),
    Family(
        "warehouse_feed_lines",
        "counter",
        "Lines delivered, by feed.",
        "ops.feed_deliveries",
        f"{DELIVERY_DAY}, feed, sum(lines) as value from {{table}} group by all",
    ),
    Family(
        "warehouse_feed_quarantined_lines",
        "counter",
        "Lines that broke their contract, by feed.",
        "ops.feed_deliveries",
        f"{DELIVERY_DAY}, feed, sum(quarantined) as value from {{table}} group by all",
    ),
)
