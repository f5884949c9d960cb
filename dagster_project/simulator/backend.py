"""What the services do for each step: the feed `api_requests`, and the requests that traces and logs are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator import rhythm
from dagster_project.simulator.activity import Activity
from dagster_project.simulator.columns import blank, identifiers, joined, lognormal, named, whole
from dagster_project.simulator.incidents import Incident, of_kind
from dagster_project.simulator.journeys import NAMES, STEPS
from dagster_project.simulator.world import World, span


@dataclass(frozen=True)
class Route:
    """An endpoint: its service, method and path, and its median duration in milliseconds."""

    service: str
    method: str
    path: str
    median_ms: float


LOGIN = Route("auth-service", "POST", "/v1/auth/login", 95.0)
REFRESH = Route("auth-service", "POST", "/v1/auth/refresh", 28.0)
WRITE_MS, READ_MS, REPORT_MS, PAYMENT_MS = 110.0, 45.0, 240.0, 310.0
STATUS_OK = {"GET": 200, "PATCH": 200, "POST": 201}
CLIENT_ERRORS, CLIENT_ERROR_SHARE = np.array([400, 401, 403, 404, 409, 422, 429]), 0.02
SERVER_ERRORS, SERVER_ERROR_SHARE = np.array([500, 502, 503, 504]), 0.003
OUTAGE_SHARE, OUTAGE_FACTOR, SLOW_FACTOR = 0.65, 8.0, 6.0
CACHE = ("hit", "miss", "bypass")
CACHE_SHARES = (0.58, 0.36, 0.06)
HIT_FACTOR = 0.25
PEAK_FACTOR = 0.4
SPREAD = 0.55
TRACED = 0.03
LONGEST_MS = 60_000
# The release of the gateway that adds a column the contract doesn't know, at this share of the days.
EDGE_SINCE = 0.5
EDGES = ("fra", "iad", "nrt")


def _route_of(name: str) -> Route:
    step = STEPS[name]
    median = WRITE_MS if step.method != "GET" else REPORT_MS if step.service == "report-service" else READ_MS
    return Route(step.service, step.method, step.route, PAYMENT_MS if name == "paid" else median)


ROUTES = (*(_route_of(name) for name in NAMES), LOGIN, REFRESH)
LOGIN_CODE, REFRESH_CODE = len(NAMES), len(NAMES) + 1


def addresses(numbers: np.ndarray):
    """A private IPv4 address for each visitor number."""
    mixed = (np.asarray(numbers, dtype=np.int64) * 2_654_435_761) % 2**24
    return joined("10.", mixed // 65536, ".", mixed // 256 % 256, ".", mixed % 256)


def draw_requests(world: World, activity: Activity, incidents: Sequence[Incident]) -> pd.DataFrame:
    """A request per step and a sign-in per session: route (code), caller, status, duration, cache, trace."""
    rng = world.rng("requests")
    requests = _calls(activity).sort_values("at", kind="stable", ignore_index=True)
    size, at, code = len(requests), requests["at"].to_numpy(), requests["route"].to_numpy()
    service = np.array([route.service for route in ROUTES], dtype=object)[code]
    is_read = np.array([route.method == "GET" for route in ROUTES])[code]
    cache = np.where(is_read, rng.choice(len(CACHE), size, p=CACHE_SHARES), -1)
    duration = lognormal(rng, np.array([route.median_ms for route in ROUTES])[code], SPREAD, size)
    duration *= np.where(cache == 0, HIT_FACTOR, 1.0) * _load(at)
    status = _statuses(rng, code)
    for incident in of_kind(incidents, "payment_outage", "service_outage"):
        hit = incident.covers(at) & (service == incident.place["service"]) & (rng.random(size) < OUTAGE_SHARE)
        status = np.where(hit, SERVER_ERRORS[1:][np.arange(size) % 3], status)
        duration = np.where(hit, duration * OUTAGE_FACTOR, duration)
    for incident in of_kind(incidents, "slow_endpoint"):
        path = np.array([route.path == incident.place["route"] for route in ROUTES])[code]
        duration = np.where(incident.covers(at) & path, duration * SLOW_FACTOR, duration)
    requests["status"], requests["cache"] = status, cache
    requests["duration_ms"] = np.minimum(duration, LONGEST_MS).round(1)
    traced = rng.random(size) < TRACED
    requests["trace"] = np.where(traced, np.cumsum(traced) - 1, -1)
    return requests


def _calls(activity: Activity) -> pd.DataFrame:
    """Who called what when: each step's route, and the sign-in with a session's first step."""
    steps, sessions = activity.steps, activity.sessions
    session = sessions.iloc[steps["session"].to_numpy()]
    calls = pd.DataFrame(
        {
            "at": steps["at"].to_numpy(),
            "route": steps["step"].to_numpy().astype(np.int64),
            "user": session["user"].to_numpy(),
            "visitor": session["visitor"].to_numpy(),
        }
    )
    known = sessions[sessions["user"] >= 0]
    sign_ins = pd.DataFrame(
        {
            "at": known["at"].to_numpy(),
            "route": np.where(known["logs_in"], LOGIN_CODE, REFRESH_CODE),
            "user": known["user"].to_numpy(),
            "visitor": known["visitor"].to_numpy(),
        }
    )
    return pd.concat([calls, sign_ins], ignore_index=True)


def _load(at: np.ndarray) -> np.ndarray:
    """How much slower everything is at that hour: 1 at night, more at the busiest hour."""
    hour = at.astype("datetime64[h]").astype(np.int64) % 24
    return 1 + PEAK_FACTOR * (rhythm.HOUR / rhythm.HOUR.max())[hour]


def _statuses(rng: np.random.Generator, code: np.ndarray) -> np.ndarray:
    size = len(code)
    fate = rng.random(size)
    status = np.array([STATUS_OK[route.method] for route in ROUTES])[code]
    refused = CLIENT_ERRORS[rng.integers(0, len(CLIENT_ERRORS), size)]
    status = np.where(fate < CLIENT_ERROR_SHARE, refused, status)
    return np.where(fate > 1 - SERVER_ERROR_SHARE, SERVER_ERRORS[rng.integers(0, len(SERVER_ERRORS), size)], status)


def api_requests_feed(world: World, requests: pd.DataFrame, attacks: pd.DataFrame) -> pd.DataFrame:
    """The feed `api_requests`: the requests, and the refused logins of `attacks` (at, ip)."""
    rng = world.rng("api_requests")
    every = pd.concat(
        [requests.assign(ip=addresses(requests["visitor"])), _refused_logins(rng, attacks)], ignore_index=True
    )
    every = every.sort_values("at", kind="stable", ignore_index=True)
    code, size = every["route"].to_numpy(), len(every)
    early = world.day_of(every["at"].to_numpy()) < world.share_of_days(EDGE_SINCE)
    service, method, path = (np.array(values, dtype=object)[code] for values in _route_names())
    return pd.DataFrame(
        {
            "request_id": identifiers("req-", np.arange(size), 9),
            "started_at": every["at"].to_numpy(),
            "service": pd.Categorical(service),
            "method": pd.Categorical(method),
            "route": pd.Categorical(path),
            "status_code": every["status"].to_numpy(),
            "duration_ms": blank(every["duration_ms"].to_numpy(), rng.random(size) < 0.002),
            "user_id": identifiers("u-", every["user"].to_numpy()),
            "ip": every["ip"].to_numpy(),
            "cache_status": named(every["cache"].to_numpy(), CACHE),
            "bytes_sent": whole(rng.integers(200, 40_000, size), every["status"].to_numpy() == 504),
            "trace_id": identifiers("trace-", every["trace"].to_numpy(), 8),
            "edge_location": blank(named(every["user"].to_numpy() % len(EDGES), EDGES), early),
        }
    )


def _route_names() -> tuple[list[str], list[str], list[str]]:
    return [route.service for route in ROUTES], [route.method for route in ROUTES], [route.path for route in ROUTES]


def _refused_logins(rng: np.random.Generator, attacks: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "at": attacks["at"].to_numpy() - span(rng, np.timedelta64(1, "ms"), np.timedelta64(50, "ms"), len(attacks)),
            "route": LOGIN_CODE,
            "user": -1,
            "visitor": -1,
            "status": 401,
            "cache": -1,
            "duration_ms": lognormal(rng, LOGIN.median_ms, SPREAD, len(attacks)).round(1),
            "trace": -1,
            "ip": attacks["ip"].to_numpy(),
        }
    )
