"""What services tell of their requests: the feeds `trace_spans` and `app_logs`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulator.backend import ROUTES
from dagster_project.simulator.columns import blank, identifiers, joined
from dagster_project.simulator.world import HOUR, World, span

# Per traced request: the root span and its children. service (None: the request's own), operation, parent, where it
# starts and how long it lasts as shares of the root's time. Children never outlast their parent.
SPANS = (
    (None, "handle", -1, 0.00, 1.00),
    ("session-cache", "redis.get", 0, 0.03, 0.05),
    ("database", "sql.query", 0, 0.12, 0.45),
    ("database", "disk.read", 2, 0.20, 0.20),
    ("audit", "queue.publish", 0, 0.80, 0.10),
)
# Payments ask the gateway as well.
GATEWAY = ("payment-gateway", "http.post", 0, 0.60, 0.18)
THROTTLED = 0.004
LOGGED_REQUESTS = 0.10
SLOW_MS = 2000
HOSTS = 3
# Background jobs log every hour of every day.
JOBS = ("settlement", "reminders", "rate-import", "index-maintenance")


def trace_spans_feed(requests: pd.DataFrame) -> pd.DataFrame:
    """The spans of traced requests; the root has no parent and bears the request's outcome."""
    traced = requests[requests["trace"] >= 0]
    route = traced["route"].to_numpy()
    services = np.array([known.service for known in ROUTES], dtype=object)[route]
    spans = pd.concat([_spans_of(traced, services, number) for number in range(len(SPANS))], ignore_index=True)
    payments = services == "payment-service"
    spans = pd.concat([spans, _spans_of(traced[payments], services[payments], len(SPANS))], ignore_index=True)
    return spans.sort_values(["started_at", "span_id"], kind="stable", ignore_index=True)


def _spans_of(traced: pd.DataFrame, services: np.ndarray, number: int) -> pd.DataFrame:
    service, operation, parent, begins, lasts = (*SPANS, GATEWAY)[number]
    trace, duration = traced["trace"].to_numpy(), traced["duration_ms"].to_numpy()
    is_error = traced["status"].to_numpy() >= 500
    paths = np.array([f"{known.method} {known.path}" for known in ROUTES], dtype=object)[traced["route"]]
    return pd.DataFrame(
        {
            "span_id": identifiers("span-", trace * 10 + number, 9),
            "trace_id": identifiers("trace-", trace, 8),
            "parent_span_id": identifiers("span-", np.where(parent < 0, -1, trace * 10 + parent), 9),
            "service": services if service is None else service,
            "operation": paths if service is None else operation,
            "started_at": traced["at"].to_numpy() + (duration * begins).astype(np.int64).astype("timedelta64[ms]"),
            "duration_ms": (duration * lasts).round(2),
            "is_error": is_error if service in (None, "database") else False,
            "is_throttled": (trace * 7919 % 1000 < THROTTLED * 1000) & (service == "database"),
            "attributes": joined('{"http":{"status_code":', traced["status"], "}}") if service is None else None,
        }
    )


def app_logs_feed(world: World, requests: pd.DataFrame) -> pd.DataFrame:
    """Lines of a sample of requests, of every server error and slow request, and of hourly background jobs."""
    rng = world.rng("app_logs")
    status, duration = requests["status"].to_numpy(), requests["duration_ms"].to_numpy()
    is_error, is_slow = status >= 500, duration > SLOW_MS
    logged = requests[is_error | is_slow | (rng.random(len(requests)) < LOGGED_REQUESTS)]
    logs = pd.concat([_request_lines(rng, logged), _job_lines(world, rng)], ignore_index=True)
    logs = logs.sort_values("logged_at", kind="stable", ignore_index=True)
    logs.insert(0, "log_id", identifiers("log-", np.arange(len(logs)), 8))
    return logs


def _request_lines(rng: np.random.Generator, logged: pd.DataFrame) -> pd.DataFrame:
    route, status = logged["route"].to_numpy(), logged["status"].to_numpy()
    is_error, is_slow = status >= 500, logged["duration_ms"].to_numpy() > SLOW_MS
    paths = np.array([f"{known.method} {known.path}" for known in ROUTES], dtype=object)[route]
    return pd.DataFrame(
        {
            "logged_at": logged["at"].to_numpy()
            + logged["duration_ms"].astype(np.int64).to_numpy().astype("timedelta64[ms]"),
            "service": np.array([known.service for known in ROUTES], dtype=object)[route],
            "level": np.where(is_error, "error", np.where(is_slow | (status >= 400), "warning", "info")),
            "message": np.where(is_error, joined("upstream failed: ", paths), joined("handled ", paths)),
            "logger": "http",
            "host": joined("web-", 1 + rng.integers(0, HOSTS, len(logged))),
            "trace_id": identifiers("trace-", logged["trace"].to_numpy(), 8),
            "fields": joined(
                '{"status":', status, ',"duration_ms":', logged["duration_ms"].round().astype(np.int64), "}"
            ),
        }
    )


def _job_lines(world: World, rng: np.random.Generator) -> pd.DataFrame:
    hour = np.repeat(np.arange(world.days * 24), len(JOBS))
    job = np.array(JOBS, dtype=object)[np.tile(np.arange(len(JOBS)), world.days * 24)]
    fails = rng.random(len(hour)) < 0.01
    return pd.DataFrame(
        {
            "logged_at": world.first + hour * HOUR + span(rng, 0 * HOUR, HOUR, len(hour)),
            "service": "worker",
            "level": np.where(fails, "error", "info"),
            "message": joined("job ", job, np.where(fails, " failed", " finished")),
            "logger": job,
            "host": "worker-1",
            "fields": blank(joined('{"rows":', rng.integers(0, 5000, len(hour)), "}"), fails),
        }
    )
