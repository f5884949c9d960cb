"""The feed `events`: the steps of sessions, and what reaches people without their doing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulator import rhythm
from dagster_project.simulator.activity import BOT, PLATFORM_NAMES, WEB, Activity
from dagster_project.simulator.columns import blank, identifiers, joined, named, pick
from dagster_project.simulator.journeys import NAMES, PAID, STEPS
from dagster_project.simulator.population import Population
from dagster_project.simulator.world import DAY, World

# Passive events make nobody active; name: share
PASSIVE = {"push_received": 0.5, "email_delivered": 0.3, "background_sync": 0.2}
PASSIVE_PER_DAY = 0.3
RELEASE_EVERY_DAYS = 21
FIRST_RELEASE = 4
# Days until a phone has taken the release of the day (mean); the web has it at once.
UPDATE_LAG_DAYS = 5.0
# Old clients that send no session_id, people without a known country.
SESSION_UNKNOWN, COUNTRY_UNKNOWN = 0.03, 0.02
# The app release that adds a column the contract doesn't know, at this share of the days.
EXPERIMENT_SINCE = 0.4
VARIANTS = {"control": 0.5, "short_checkout": 0.5}


def release_of(world: World, rng: np.random.Generator, at: np.ndarray, on_web: np.ndarray) -> np.ndarray:
    """The number of the release that each client runs at that instant."""
    lag = np.where(on_web, 0, rng.geometric(1 / UPDATE_LAG_DAYS, len(at)))
    return FIRST_RELEASE + np.maximum(world.day_of(at) - lag, 0) // RELEASE_EVERY_DAYS


def releases(numbers: np.ndarray):
    """The names of releases, such as 3.7.0."""
    return joined("3.", numbers, ".0")


def events_feed(world: World, population: Population, activity: Activity) -> pd.DataFrame:
    """Every step and every passive event, in order of time."""
    rng = world.rng("events")
    active = _active(world, rng, activity)
    events = pd.concat([active, _passive(world, rng, population, activity)], ignore_index=True)
    events = events.sort_values("event_at", kind="stable", ignore_index=True)
    platform = events.pop("platform_code").to_numpy()
    number = release_of(world, rng, events["event_at"].to_numpy(), platform == WEB)
    events.insert(0, "event_id", identifiers("ev-", np.arange(len(events)), 9))
    events["platform"] = named(platform, PLATFORM_NAMES)
    events["app_version"] = releases(number)
    since = world.share_of_days(EXPERIMENT_SINCE)
    outside = (world.day_of(events["event_at"].to_numpy()) < since) | (platform != WEB)
    events["experiment_variant"] = blank(pick(rng, VARIANTS, len(events)), outside)
    return events


def _active(world: World, rng: np.random.Generator, activity: Activity) -> pd.DataFrame:
    steps, step = activity.steps, activity.steps["step"].to_numpy()
    number = steps["session"].to_numpy()
    session = activity.sessions.iloc[number]
    has_no_session_id = (rng.random(len(activity.sessions)) < SESSION_UNKNOWN)[number]
    kinds = [STEPS[name] for name in NAMES]
    features = sorted({kind.feature for kind in kinds if kind.feature})
    feature = np.array([features.index(kind.feature) if kind.feature else -1 for kind in kinds])
    on_web = session["platform"].to_numpy() == WEB
    return pd.DataFrame(
        {
            "event_at": steps["at"].to_numpy(),
            "user_id": identifiers("u-", session["user"].to_numpy()),
            "anonymous_id": identifiers("a-", np.where(on_web, session["visitor"].to_numpy(), -1), 7),
            "session_id": identifiers("s-", np.where(has_no_session_id, -1, number), 8),
            "event_name": pd.Categorical(np.array([kind.event_name for kind in kinds], dtype=object)[step]),
            "feature": named(feature[step], features),
            "page": pd.Categorical(np.array([kind.page for kind in kinds], dtype=object)[step]),
            "platform_code": session["platform"].to_numpy(),
            "country": pd.Categorical(blank(session["country"].to_numpy(), rng.random(len(step)) < COUNTRY_UNKNOWN)),
            "is_bot": session["kind"].to_numpy() == BOT,
            "properties": _properties(rng, step),
        }
    )


def _properties(rng: np.random.Generator, step: np.ndarray):
    """A JSON object for steps that carry details, else null."""
    seconds = rng.integers(1, 90, len(step))
    has_seconds = np.array([STEPS[name].feature is not None for name in NAMES])[step]
    saved = np.where(step == PAID, "true", "false")
    return blank(joined('{"seconds":', seconds, ',"details":{"paid":', saved, "}}"), ~has_seconds)


def _passive(world: World, rng: np.random.Generator, population: Population, activity: Activity) -> pd.DataFrame:
    user, day = np.nonzero(activity.present & (rng.random(activity.present.shape, dtype=np.float32) < PASSIVE_PER_DAY))
    at = world.first + day * DAY + rhythm.clock_times(rng, np.asarray(population.of("utc_offset", user)))
    sent = at > np.asarray(population.of("registered_at", user))
    user, at = user[sent], at[sent]
    platform = pd.Categorical(np.asarray(population.of("platform", user)), categories=PLATFORM_NAMES).codes
    return pd.DataFrame(
        {
            "event_at": at,
            "user_id": identifiers("u-", user),
            "event_name": pick(rng, PASSIVE, len(user)),
            "platform_code": platform,
            "country": np.asarray(population.of("country", user)),
            "is_bot": False,
        }
    )
