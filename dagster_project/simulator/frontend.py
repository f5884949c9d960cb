"""What browsers and apps report of themselves: the feeds `web_vitals` and `client_errors`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dagster_project.simulator.activity import BOT, PLATFORM_NAMES, WEB, Activity
from dagster_project.simulator.columns import blank, identifiers, named
from dagster_project.simulator.events import FIRST_RELEASE, release_of, releases
from dagster_project.simulator.incidents import Incident, of_kind
from dagster_project.simulator.journeys import NAMES, STEPS
from dagster_project.simulator.world import World, span

SECOND = np.timedelta64(1000, "ms")
# metric: median on a desktop (ms; CLS has no unit), spread
VITALS = {
    "TTFB": (380.0, 0.45),
    "FCP": (1150.0, 0.40),
    "LCP": (1750.0, 0.45),
    "FID": (35.0, 0.70),
    "INP": (120.0, 0.60),
    "CLS": (0.045, 0.80),
    "TTI": (2600.0, 0.40),
    "page_load": (2900.0, 0.45),
}
DEVICES = {"desktop": 0.55, "mobile": 0.38, "tablet": 0.07}
DEVICE_FACTOR = np.array([1.0, 1.55, 1.25])
SAMPLED_VIEWS = 0.08
SLOW_FACTOR = 2.8
HEAVY_PAGES = {"/reports": 1.6, "/dashboard": 1.2}
ERRORS_PER_STEP = 0.006
HANDLED = 0.7
# type and message, and the release (counted from the first) that brought it
ERRORS = (
    ("TypeError", "Cannot read properties of undefined (reading 'amount')", 0),
    ("NetworkError", "Failed to fetch", 0),
    ("TimeoutError", "The request took longer than 30 s", 0),
    ("ValidationError", 'Reading "0" is below the last one', 0),
    ("ChunkLoadError", "Loading chunk 42 failed", 1),
    ("RangeError", "Invalid time value", 2),
    ("QuotaExceededError", "The storage is full", 4),
    ("ReferenceError", "splitRules is not defined", 7),
)
SPIKE_PER_HOUR = 6


def web_vitals_feed(world: World, activity: Activity, incidents: Sequence[Incident]) -> pd.DataFrame:
    """Eight metrics for each sampled page view on the web."""
    rng = world.rng("web_vitals")
    sessions = activity.sessions
    views = _sampled_views(rng, activity)
    view = np.repeat(np.arange(len(views)), len(VITALS))
    metric = np.tile(np.arange(len(VITALS)), len(views))
    device = rng.choice(len(DEVICES), len(sessions), p=list(DEVICES.values()))[views["session"]]
    pages = views["page"].to_numpy()
    slowness = DEVICE_FACTOR[device] * _slowness_of_pages(pages, views["at"].to_numpy(), incidents)
    median, spread = (np.array(values)[metric] for values in zip(*VITALS.values(), strict=True))
    value = median * slowness[view] * np.exp(spread * rng.normal(size=len(view)))
    session = views["session"].to_numpy()[view]
    return pd.DataFrame(
        {
            "vital_id": identifiers("v-", np.arange(len(view)), 8),
            "measured_at": views["at"].to_numpy()[view] + 3 * SECOND,
            "metric": named(metric, tuple(VITALS)),
            "value": np.where(np.isin(metric, list(VITALS).index("CLS")), value.round(4), value.round(1)),
            "page": pd.Categorical(pages[view]),
            "session_id": identifiers("s-", session, 8),
            "user_id": identifiers("u-", sessions["user"].to_numpy()[session]),
            "device": named(device[view], tuple(DEVICES)),
            "country": pd.Categorical(sessions["country"].to_numpy()[session]),
        }
    )


def _sampled_views(rng: np.random.Generator, activity: Activity) -> pd.DataFrame:
    """A sample of the page views of people in browsers: at, session, page."""
    sessions, steps = activity.sessions, activity.steps
    is_view = np.array([STEPS[name].event_name == "page_view" for name in NAMES])[steps["step"]]
    on_web = ((sessions["platform"] == WEB) & (sessions["kind"] != BOT)).to_numpy()[steps["session"]]
    views = steps[is_view & on_web & (rng.random(len(steps)) < SAMPLED_VIEWS)]
    return views.assign(page=np.array([STEPS[name].page for name in NAMES], dtype=object)[views["step"]])


def _slowness_of_pages(pages: np.ndarray, at: np.ndarray, incidents: Sequence[Incident]) -> np.ndarray:
    slowness = pd.Series(pages).map(HEAVY_PAGES).fillna(1.0).to_numpy()
    for incident in of_kind(incidents, "slow_page"):
        struck = incident.covers(at) & (pages == incident.place["page"])
        slowness = np.where(struck, slowness * SLOW_FACTOR, slowness)
    return slowness


def client_errors_feed(world: World, activity: Activity, incidents: Sequence[Incident]) -> pd.DataFrame:
    """Errors met during steps, and the spikes of bad releases: one error that was never seen before."""
    rng = world.rng("client_errors")
    sessions, steps = activity.sessions, activity.steps
    met = steps[(rng.random(len(steps)) < ERRORS_PER_STEP) & (sessions["kind"] != BOT).to_numpy()[steps["session"]]]
    usual = pd.DataFrame(
        {
            "occurred_at": met["at"].to_numpy() + SECOND,
            "platform_code": sessions["platform"].to_numpy()[met["session"]],
            "session": met["session"].to_numpy(),
            "page": np.array([STEPS[name].page for name in NAMES], dtype=object)[met["step"]],
            "spike": -1,
        }
    )
    errors = pd.concat([usual, *_spikes(rng, incidents)], ignore_index=True)
    errors = errors.sort_values("occurred_at", kind="stable", ignore_index=True)
    return _error_columns(world, rng, sessions, errors)


def _spikes(rng: np.random.Generator, incidents: Sequence[Incident]) -> list[pd.DataFrame]:
    frames = []
    for number, incident in enumerate(of_kind(incidents, "error_release")):
        size = int((incident.ends - incident.begins) / np.timedelta64(1, "h") * SPIKE_PER_HOUR)
        at = incident.begins + span(rng, 0 * SECOND, incident.ends - incident.begins, size)
        platform = PLATFORM_NAMES.index(incident.place["platform"])
        frames.append(
            pd.DataFrame({"occurred_at": at, "platform_code": platform, "session": -1, "page": "/pay", "spike": number})
        )
    return frames


def _error_columns(
    world: World, rng: np.random.Generator, sessions: pd.DataFrame, errors: pd.DataFrame
) -> pd.DataFrame:
    at, platform = errors["occurred_at"].to_numpy(), errors["platform_code"].to_numpy()
    release = release_of(world, rng, at, platform == WEB)
    brought_by = FIRST_RELEASE + np.array([since for *_, since in ERRORS])
    error = rng.integers(0, len(ERRORS), len(errors))
    error = np.where(brought_by[error] <= release, error, error % np.count_nonzero(brought_by == FIRST_RELEASE))
    spike, session = errors["spike"].to_numpy(), errors["session"].to_numpy()
    types, messages = (np.array(values, dtype=object)[error] for values in list(zip(*ERRORS, strict=True))[:2])
    user = np.where(session < 0, -1, sessions["user"].to_numpy()[np.maximum(session, 0)])
    is_spike = spike >= 0
    return pd.DataFrame(
        {
            "error_id": identifiers("err-", np.arange(len(errors)), 7),
            "occurred_at": at,
            "platform": named(platform, PLATFORM_NAMES),
            "release": releases(release),
            "error_type": np.where(is_spike, "PaymentSheetError", types),
            "message": np.where(is_spike, "The payment sheet was dismissed by the system", messages),
            "fingerprint": np.where(is_spike, identifiers("fp-spike-", spike, 3), identifiers("fp-", error, 4)),
            "page": errors["page"].to_numpy(),
            "user_id": identifiers("u-", user),
            "session_id": identifiers("s-", session, 8),
            "is_handled": blank(rng.random(len(errors)) < HANDLED, rng.random(len(errors)) < 0.1),
        }
    )
