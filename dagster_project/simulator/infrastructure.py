"""Machines and outside services: the feeds `metric_samples` and `integration_status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator import rhythm
from dagster_project.simulator.columns import blank, identifiers, lognormal, named
from dagster_project.simulator.incidents import Incident, of_kind
from dagster_project.simulator.world import MINUTE, World, span

STEP = 15 * MINUTE
STEPS_PER_DAY = 96


@dataclass(frozen=True)
class Series:
    """A metric of a resource: level at rest, what full load adds, noise, limits; `labels` are JSON."""

    resource: str
    resource_type: str
    metric: str
    unit: str
    rest: float
    load: float
    noise: float
    labels: str = '{"region":"eu-central-1"}'
    source: str = "prometheus"
    highest: float = np.inf


def _machine(name: str, kind: str, cpu: float, memory: float, source: str = "prometheus") -> tuple[Series, ...]:
    return (
        Series(name, kind, "cpu_utilization", "percent", cpu, 38.0, 4.0, source=source, highest=100.0),
        Series(name, kind, "memory_utilization", "percent", memory, 12.0, 2.0, source=source, highest=100.0),
    )


def _disk(name: str, kind: str, device: str, used: float, source: str = "prometheus") -> Series:
    labels = f'{{"device":"{device}"}}'
    return Series(name, kind, "disk_utilization", "percent", used, 0.5, 0.2, labels, source, 100.0)


SERIES = (
    *_machine("web-1", "host", 14, 46),
    *_machine("web-2", "host", 13, 44),
    *_machine("worker-1", "host", 10, 38),
    _disk("web-1", "host", "/dev/sda1", 41),
    _disk("web-2", "host", "/dev/sda1", 39),
    _disk("worker-1", "host", "/dev/sda1", 48),
    Series("worker-1", "host", "disk_io", "bytes_per_second", 2e6, 3e7, 1e6),
    *(
        series
        for name in ("payment-service", "meter-service", "group-service", "auth-service")
        for series in (*_machine(name, "container", 8, 35), Series(name, "container", "restarts", "count", 0, 0, 0))
    ),
    *_machine("db-primary", "database", 18, 58, "cloudwatch"),
    _disk("db-primary", "database", "/data", 52, "cloudwatch"),
    _disk("db-primary", "database", "/wal", 23, "cloudwatch"),
    Series("db-primary", "database", "connections", "count", 18, 70, 4, source="cloudwatch"),
    Series("db-primary", "database", "query_latency", "ms", 3.5, 6, 0.8, source="cloudwatch"),
    Series("db-primary", "database", "index_hit_ratio", "ratio", 0.985, -0.01, 0.003, source="cloudwatch", highest=1.0),
    *_machine("db-replica", "database", 9, 50, "cloudwatch"),
    Series("db-replica", "database", "replication_lag", "seconds", 0.3, 0.9, 0.2, source="cloudwatch"),
    Series("vpc-main", "network", "network_latency", "ms", 14, 9, 2.5, source="cloudwatch"),
    Series("vpc-main", "network", "network_throughput", "bytes_per_second", 4e5, 6e6, 3e5, source="cloudwatch"),
    Series("lb-public", "load_balancer", "request_rate", "per_second", 2, 60, 3, source="cloudwatch"),
    Series("lb-public", "load_balancer", "healthy_hosts", "count", 2, 0, 0, source="cloudwatch"),
    Series("payments-queue", "queue", "queue_depth", "count", 2, 12, 3, source="cloudwatch"),
    Series("payments-queue", "queue", "oldest_message_age", "seconds", 1, 6, 1.5, source="cloudwatch"),
)
# Noise that keeps its direction for a while: white noise averaged over this many steps.
SMOOTHING = 6
DISK_GROWTH_PER_DAY = 0.03
RESTART_SHARE = 0.002
REDEPLOYED_EVERY_DAYS = 14
# kind of incident: metric and the value that it drives to
EFFECTS = {
    "host_saturated": ("cpu_utilization", 96.0),
    "disk_filling": ("disk_utilization", 94.0),
    "replication_lag": ("replication_lag", 240.0),
    "network_latency": ("network_latency", 180.0),
    "queue_backlog": ("queue_depth", 900.0),
}
INTEGRATIONS = {
    "payment_gateway": 180.0,
    "bank_feed": 420.0,
    "utility_api": 350.0,
    "sms_provider": 140.0,
    "email_provider": 90.0,
}
STATUSES = ("up", "degraded", "down")
UP, DEGRADED, DOWN = range(3)
MESSAGES = ('slow answers, see "status page"', "no answer, gave up")
DOWN_SHARE, DEGRADED_SHARE, DEGRADED_FACTOR = 0.0015, 0.004, 6.0
# The monitor's release that adds a column the contract doesn't know, at this share of the days.
REGION_SINCE = 0.7


def metric_samples_feed(world: World, incidents: Sequence[Incident]) -> pd.DataFrame:
    """A sample of every series each quarter of an hour, in order of time."""
    rng = world.rng("metric_samples")
    at = world.first + np.arange(world.days * STEPS_PER_DAY) * STEP
    load = _load(world, at)
    values = np.stack([_values(world, rng, series, at, load, incidents) for series in SERIES], axis=1)
    number = np.tile(np.arange(len(SERIES)), len(at))
    column = {name: [getattr(series, name) for series in SERIES] for name in Series.__dataclass_fields__}
    return pd.DataFrame(
        {
            "source": _texts(column["source"], number),
            "resource_type": _texts(column["resource_type"], number),
            "resource_id": _texts(column["resource"], number),
            "metric": _texts(column["metric"], number),
            "sampled_at": np.repeat(at, len(SERIES)),
            "value": values.ravel().round(3),
            "unit": _texts(column["unit"], number),
            "labels": _texts(column["labels"], number),
        }
    )


def _texts(names: list[str], number: np.ndarray) -> pd.Categorical:
    distinct = list(dict.fromkeys(names))
    return named(np.array([distinct.index(name) for name in names], dtype=np.int8)[number], distinct)


def _load(world: World, at: np.ndarray) -> np.ndarray:
    """The load at every step, 0 to about 1: hour of the day, weekday, growth over the sample."""
    hour = np.interp((np.arange(len(at)) % STEPS_PER_DAY) / 4, np.arange(24), rhythm.HOUR / rhythm.HOUR.max())
    day = np.repeat(rhythm.daily_use(world), STEPS_PER_DAY)
    growth = 0.55 + 0.45 * np.arange(len(at)) / len(at)
    return hour * day * growth


def _values(
    world: World,
    rng: np.random.Generator,
    series: Series,
    at: np.ndarray,
    load: np.ndarray,
    incidents: Sequence[Incident],
) -> np.ndarray:
    if series.metric == "restarts":
        return _restarts(world, rng, len(at))
    white = rng.normal(size=len(at) + SMOOTHING)
    noise = np.convolve(white, np.full(SMOOTHING, SMOOTHING**-0.5), mode="valid")[: len(at)]
    value = series.rest + series.load * load + series.noise * noise
    if series.metric == "disk_utilization":
        value = value + DISK_GROWTH_PER_DAY * np.arange(len(at)) / STEPS_PER_DAY
    for incident in incidents:
        metric, level = EFFECTS.get(incident.kind, (None, 0.0))
        if metric == series.metric and incident.place["resource"] == series.resource:
            value = np.where(incident.covers(at), level + np.abs(noise), value)
    return np.clip(value, 0.0, series.highest)


def _restarts(world: World, rng: np.random.Generator, size: int) -> np.ndarray:
    """A counter that starts anew with every deployment."""
    counted = np.cumsum(rng.random(size) < RESTART_SHARE).astype(float)
    deployment = np.arange(size) // (REDEPLOYED_EVERY_DAYS * STEPS_PER_DAY)
    first = np.searchsorted(deployment, np.arange(deployment[-1] + 1))
    return counted - counted[first][deployment]


def integration_status_feed(world: World, incidents: Sequence[Incident]) -> pd.DataFrame:
    """A check of every integration each quarter of an hour: up, degraded, or down (in incidents, else rarely)."""
    rng = world.rng("integration_status")
    names = list(INTEGRATIONS)
    step = np.repeat(np.arange(world.days * STEPS_PER_DAY), len(names))
    integration = np.tile(np.arange(len(names)), world.days * STEPS_PER_DAY)
    size = len(step)
    at = world.first + step * STEP + span(rng, 0 * MINUTE, MINUTE, size)
    status = _statuses(rng, at, integration, incidents)
    median = np.array(list(INTEGRATIONS.values()))[integration] * np.where(status == DEGRADED, DEGRADED_FACTOR, 1.0)
    early = world.day_of(at) < world.share_of_days(REGION_SINCE)
    return pd.DataFrame(
        {
            "check_id": identifiers("chk-", np.arange(size), 8),
            "checked_at": at,
            "integration": named(integration, names),
            "status": named(status, STATUSES),
            "latency_ms": blank(lognormal(rng, median, 0.35, size).round(1), status == DOWN),
            "message": named(status - 1, MESSAGES),
            "region": blank(named(np.zeros(size, dtype=int), ("eu-central-1",)), early),
        }
    )


def _statuses(
    rng: np.random.Generator, at: np.ndarray, integration: np.ndarray, incidents: Sequence[Incident]
) -> np.ndarray:
    """The status code of every check: down throughout an incident, else down or degraded now and then."""
    fate = rng.random(len(at))
    status = np.where(fate < DOWN_SHARE, DOWN, np.where(fate < DOWN_SHARE + DEGRADED_SHARE, DEGRADED, UP))
    for incident in of_kind(incidents, "integration_down"):
        struck = incident.covers(at) & (integration == list(INTEGRATIONS).index(incident.place["integration"]))
        status = np.where(struck, DOWN, status)
    return status
