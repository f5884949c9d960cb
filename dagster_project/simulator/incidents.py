"""What goes wrong and when: the planted incidents that other generators act out and the truth file lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from dagster_project.simulator.world import DAY, HOUR, MINUTE, World


@dataclass(frozen=True)
class Kind:
    """A kind of incident: the feeds it shows in, how often (days between two), how long, and where it may strike."""

    feeds: tuple[str, ...]
    every_days: int
    shortest: np.timedelta64
    longest: np.timedelta64
    places: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Incident:
    """One incident from `begins` up to, not including, `ends` (UTC); `place` names what it strikes."""

    kind: str
    feeds: tuple[str, ...]
    begins: np.datetime64
    ends: np.datetime64
    place: Mapping[str, str]

    def covers(self, instants: np.ndarray) -> np.ndarray:
        """Which instants fall into it."""
        return (instants >= self.begins) & (instants < self.ends)


def _services(*names: str) -> tuple[Mapping[str, str], ...]:
    return tuple({"service": name} for name in names)


KINDS: Mapping[str, Kind] = {
    "payment_outage": Kind(
        ("api_requests", "app_logs", "trace_spans", "payments"),
        60,
        60 * MINUTE,
        180 * MINUTE,
        _services("payment-service"),
    ),
    "service_outage": Kind(
        ("api_requests", "app_logs", "trace_spans"),
        45,
        40 * MINUTE,
        150 * MINUTE,
        _services("auth-service", "meter-service", "group-service"),
    ),
    "slow_endpoint": Kind(
        ("api_requests", "trace_spans"),
        30,
        2 * HOUR,
        8 * HOUR,
        (
            {"service": "payment-service", "route": "/v1/bills"},
            {"service": "meter-service", "route": "/v1/meter-readings"},
            {"service": "group-service", "route": "/v1/groups/{group_id}"},
            {"service": "report-service", "route": "/v1/reports/consumption"},
        ),
    ),
    "slow_page": Kind(
        ("web_vitals",), 60, DAY, 3 * DAY, ({"page": "/dashboard"}, {"page": "/bills"}, {"page": "/meters"})
    ),
    "error_release": Kind(
        ("client_errors",), 60, DAY, 2 * DAY, ({"platform": "web"}, {"platform": "ios"}, {"platform": "android"})
    ),
    "integration_down": Kind(
        ("integration_status",),
        20,
        45 * MINUTE,
        5 * HOUR,
        tuple({"integration": name} for name in ("payment_gateway", "bank_feed", "utility_api", "sms_provider")),
    ),
    "host_saturated": Kind(
        ("metric_samples",), 30, 2 * HOUR, 6 * HOUR, ({"resource": "web-1"}, {"resource": "db-primary"})
    ),
    "disk_filling": Kind(("metric_samples",), 90, 2 * DAY, 4 * DAY, ({"resource": "db-primary"},)),
    "replication_lag": Kind(("metric_samples",), 45, HOUR, 4 * HOUR, ({"resource": "db-replica"},)),
    "network_latency": Kind(("metric_samples",), 60, HOUR, 3 * HOUR, ({"resource": "vpc-main"},)),
    "queue_backlog": Kind(("metric_samples",), 60, HOUR, 5 * HOUR, ({"resource": "payments-queue"},)),
    "brute_force": Kind(("security_events", "api_requests"), 15, 20 * MINUTE, 90 * MINUTE, ({"target": "login"},)),
    "card_testing": Kind(("payments",), 60, 30 * MINUTE, 60 * MINUTE, ({"method": "card"},)),
}
# Incidents begin in busy hours, so that small samples have traffic in which they show.
FIRST_HOUR, LAST_HOUR = 9, 18


def plan_incidents(world: World) -> list[Incident]:
    """At least one incident of every kind, spread evenly over the sample with a random day in each part."""
    planned = [incident for name, kind in KINDS.items() for incident in _of_kind(world, name, kind)]
    return sorted(planned, key=lambda incident: (incident.begins, incident.kind))


def _of_kind(world: World, name: str, kind: Kind) -> Iterable[Incident]:
    rng = world.rng(f"incident {name}")
    number = max(1, world.days // kind.every_days)
    for part in range(number):
        day = int((part + rng.uniform(0.1, 0.9)) * world.days / number)
        begins = world.first + day * DAY + int(rng.integers(FIRST_HOUR * 60, LAST_HOUR * 60)) * MINUTE
        ends = begins + int(rng.integers(kind.shortest // MINUTE, kind.longest // MINUTE)) * MINUTE
        place = kind.places[rng.integers(len(kind.places))]
        yield Incident(name, kind.feeds, begins, min(ends, world.end), place)


def of_kind(incidents: Iterable[Incident], *kinds: str) -> list[Incident]:
    """The incidents of the given kinds, in order of time."""
    return [incident for incident in incidents if incident.kind in kinds]
