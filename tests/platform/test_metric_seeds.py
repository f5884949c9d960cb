"""The seeds that say how metrics are read, tried on names that monitoring systems really use."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from dagster_project.settings import DBT_PROJECT, PROJECT_ROOT

README = PROJECT_ROOT / "README.md"


def rules(seed: str) -> list[dict[str, str]]:
    """The rows of a seed in the order in which they are tried."""
    with (DBT_PROJECT / "seeds" / "platform" / f"{seed}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def kind_of(metric: str) -> str:
    matching = (rule["kind"] for rule in rules("metric_kinds") if re.search(rule["metric_pattern"], metric.lower()))
    return next(matching, "gauge")


def rule_of(resource_type: str, metric: str, unit: str) -> tuple[str | None, str]:
    """What the metric measures, and its threshold; empty where there is none."""
    for rule in rules("infrastructure_thresholds"):
        patterns = rule["resource_pattern"], rule["metric_pattern"], rule["unit_pattern"]
        texts = resource_type, metric.lower(), unit.lower()
        if all(re.search(pattern, text) for pattern, text in zip(patterns, texts, strict=True)):
            return rule["measures"], rule["threshold"]
    return None, ""


@pytest.mark.parametrize(
    ("resource_type", "metric", "unit", "measures", "threshold"),
    [
        ("host", "cpu_utilization", "percent", "CPU utilization", "80"),
        ("host", "CPUUtilization", "Percent", "CPU utilization", "80"),
        ("container", "cpu_usage_ratio", "ratio", "CPU utilization", "0.8"),
        ("host", "system.cpu.utilization", "1", "CPU utilization", "0.8"),
        ("container", "cpu_usage_ratio", "", "CPU utilization", "0.8"),
        ("host", "cpu_idle_percent", "percent", "Room that is left", ""),
        ("container", "cpu_usage", "cores", "CPU in cores", ""),
        ("container", "cpu_usage_cores", "", "CPU in cores", ""),
        ("host", "memory_available_percent", "percent", "Room that is left", ""),
        ("host", "system.memory.utilization", "1", "Memory usage", "0.85"),
        ("host", "disk_free_percent", "percent", "Room that is left", ""),
        ("host", "disk_used_ratio", "", "Disk usage", "0.9"),
        ("network", "network_latency_seconds", "", "Network latency", "0.1"),
        ("host", "ping_rtt_ms", "", "Network latency", "100"),
        ("host", "net.latency", "ns", "Network latency", "100000000"),
        ("host", "NodeNetLatency", "ms", "Network latency", "100"),
        ("container", "kubernetes_api_latency", "ms", "Latency of a service", ""),
        ("host", "shipping_latency", "ms", "Latency of a service", ""),
        ("host", "memcached_usage", "percent", "Cache usage", ""),
        ("host", "memcg_usage_percent", "", "Memory usage", "85"),
        ("host", "cpu_usage_per_core", "percent", "CPU utilization", "80"),
        ("host", "cpu_utilization_all_cores", "percent", "CPU utilization", "80"),
        ("host", "cpu_used_score", "", "CPU utilization", "80"),
        ("host", "cpu.usage_idle", "", "Room that is left", ""),
        ("host", "freebsd.memory.used_percent", "", "Memory usage", "85"),
        ("host", "free-tier-db.cpu_utilization", "", "CPU utilization", "80"),
        ("host", "disk_used_percent_availability", "", "Disk usage", "90"),
        ("database", "mem_fragmentation_ratio", "", None, ""),
        ("host", "CPUCreditUsage", "Count", "CPU time and credits", ""),
        ("host", "node_cpu_seconds_total", "seconds", "CPU time and credits", ""),
        ("host", "memory_utilization", "percent", "Memory usage", "85"),
        ("host", "mem_used_percent", "", "Memory usage", "85"),
        ("container", "memory_usage", "ratio", "Memory usage", "0.85"),
        ("container", "container_memory_usage_bytes", "", "Memory in bytes", ""),
        ("host", "mem_used", "Bytes", "Memory in bytes", ""),
        ("host", "disk_utilization", "percent", "Disk usage", "90"),
        ("host", "disk_used_percent", "", "Disk usage", "90"),
        ("database", "VolumeBytesUsed", "Bytes", "Disk space in bytes", ""),
        ("database", "FreeStorageSpace", "Bytes", "Room that is left", ""),
        ("host", "DiskReadOps", "Count", "Disk I/O", ""),
        ("host", "disk_io", "bytes_per_second", "Disk I/O", ""),
        ("network", "network_latency", "ms", "Network latency", "100"),
        ("network", "network_latency", "seconds", "Network latency", "0.1"),
        ("network", "latency_p50", "", "Network latency", "100"),
        ("host", "ping_rtt", "us", "Network latency", "100000"),
        ("network", "network_throughput", "bytes_per_second", "Network throughput", ""),
        ("host", "NetworkIn", "Bytes", "Network throughput", ""),
        ("database", "query_latency", "ms", "Query performance", ""),
        ("database", "DatabaseConnections", "Count", "Connection pools", ""),
        ("database", "connection_pool_in_use", "count", "Connection pools", ""),
        ("database", "replication_lag", "seconds", "Replication lag", ""),
        ("database", "ReplicaLag", "Seconds", "Replication lag", ""),
        ("database", "index_hit_ratio", "ratio", "Index effectiveness", ""),
        ("database", "buffer_cache_hit_ratio", "percent", "Cache hits", ""),
        ("container", "restarts", "count", "Container restarts", ""),
        ("container", "kube_pod_container_status_restarts_total", "", "Container restarts", ""),
        ("container", "container_health", "", "Container health", ""),
        ("load_balancer", "RequestCount", "Count", "Request throughput", ""),
        ("queue", "queue_depth", "count", "Queue length and age", ""),
        ("host", "asg_instances", "", None, ""),
    ],
)
def test_a_metric_is_known_by_its_name_and_unit(resource_type, metric, unit, measures, threshold):
    assert rule_of(resource_type, metric, unit) == (measures, threshold)


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("cpu_utilization", "gauge"),
        ("connection_count", "gauge"),
        ("RequestCount", "gauge"),
        ("restarts", "counter"),
        ("kube_pod_container_status_restarts_total", "counter"),
        ("http_requests_total", "counter"),
        ("http_request_duration_seconds_bucket", "histogram"),
        ("http_request_duration_seconds_count", "counter"),
        ("http_request_duration_seconds_sum", "counter"),
    ],
)
def test_a_metric_is_a_gauge_a_counter_or_a_histogram(metric, kind):
    assert kind_of(metric) == kind


def test_the_thresholds_of_the_strategy_are_above_80_85_90_per_cent_and_100_ms():
    thresholds = {
        (rule["measures"], float(rule["threshold"])) for rule in rules("infrastructure_thresholds") if rule["threshold"]
    }

    assert {("CPU utilization", 80), ("Memory usage", 85), ("Disk usage", 90), ("Network latency", 100)} <= thresholds
    assert {measures for measures, _ in thresholds} == {
        "CPU utilization",
        "Memory usage",
        "Disk usage",
        "Network latency",
    }


@pytest.mark.parametrize("file", sorted((DBT_PROJECT / "seeds").glob("[ps]*/*.csv")), ids=lambda file: file.stem)
def test_the_readme_says_what_to_put_into_each_column(file: Path) -> None:
    start = f"| `{file.parent.name}/{file.name}` |"
    (row,) = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith(start)]
    columns = file.read_text(encoding="utf-8").splitlines()[0].split(",")

    assert [column for column in columns if f"`{column}`" not in row] == []
