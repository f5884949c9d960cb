"""Who is there on which day: sessions of people, anonymous visitors and bots, and the steps they take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator import rhythm
from dagster_project.simulator.columns import lognormal, pick
from dagster_project.simulator.journeys import DASHBOARD, FORECAST, LANDING, REPORTS, walk
from dagster_project.simulator.population import COUNTRIES, PLATFORMS, Population
from dagster_project.simulator.world import DAY, MINUTE, World, span

PLATFORM_NAMES = tuple(PLATFORMS)
WEB = PLATFORM_NAMES.index("web")
PERSON, VISITOR, BOT = range(3)

# Chance to be active on a day: attachment ** power, falling from 1 towards the habit within weeks of registering.
ATTACHMENT_POWER = 1.6
HABIT, SETTLING_DAYS = 0.45, 18.0
ON_REGISTRATION_DAY = 0.92
# Interest fades before people go.
FADING_DAYS, FADED = 30, 0.4
MORE_SESSIONS = 0.35
BOUNCES, MORE_STEPS = 0.2, 0.15
LONGEST_SESSION = 60
# Sessions per day of strangers, by number of users (and at least these).
VISITS_PER_USER, LEAST_VISITS = 0.06, 3.0
BOT_VISITS_PER_USER, LEAST_BOT_VISITS = 0.002, 0.4
BOT_STEPS = (20, LONGEST_SESSION)
SECONDS_PER_STEP, SECONDS_PER_BOT_STEP = 21.0, 0.6
OTHER_DEVICE = 0.2
LOGS_IN = 0.35
# The usage forecast is launched after this share of the days.
FORECAST_SINCE = 0.5


@dataclass(frozen=True)
class Activity:
    """`present`: people x days, who could be there; `sessions`: session number, who, when, where; `steps`: one row per
    step in order of time with the session it belongs to."""

    present: np.ndarray
    sessions: pd.DataFrame
    steps: pd.DataFrame


def draw_activity(world: World, population: Population) -> Activity:
    """All sessions and steps of the sample."""
    rng = world.rng("activity")
    present = _presence(world, population)
    sessions = pd.concat(
        [_people(world, rng, population, present), _visitors(world, rng), _bots(world, rng, population)],
        ignore_index=True,
    )
    sessions = sessions.sort_values("at", kind="stable", ignore_index=True)
    return Activity(present, sessions, _steps(world, rng, sessions))


def _presence(world: World, population: Population) -> np.ndarray:
    """Whether each person has an account they have not left, for every day (people x days)."""
    people, day = population.people, np.arange(world.days)[None, :]
    registered, gone, returned, deleted = (
        _day_or_never(world, people[name].to_numpy())[:, None]
        for name in ("registered_at", "gone_at", "returned_at", "deleted_at")
    )
    return (day >= registered) & ((day < gone) | (day >= returned)) & (day < deleted)


def _day_or_never(world: World, instants: np.ndarray) -> np.ndarray:
    return np.where(np.isnat(instants), world.days, world.day_of(instants))


def _chances(world: World, population: Population, present: np.ndarray) -> np.ndarray:
    people, day = population.people, np.arange(world.days)[None, :]
    age = day - world.day_of(people["registered_at"].to_numpy())[:, None]
    habit = HABIT + (1 - HABIT) * np.exp(-np.maximum(age, 0) / SETTLING_DAYS)
    until_gone = _day_or_never(world, people["gone_at"].to_numpy())[:, None] - day
    is_going = people["gone_at"].notna().to_numpy()[:, None] & (until_gone >= 0) & (until_gone < FADING_DAYS)
    chance = people["attachment"].to_numpy()[:, None] ** ATTACHMENT_POWER * habit * rhythm.daily_use(world)
    chance = np.where(is_going, chance * FADED, chance)
    return np.where(age == 0, ON_REGISTRATION_DAY, np.minimum(chance, 0.95)) * present


def _people(world: World, rng: np.random.Generator, population: Population, present: np.ndarray) -> pd.DataFrame:
    """The sessions of registered people; on the first day none begins before the registration."""
    active = rng.random(present.shape, dtype=np.float32) < _chances(world, population, present)
    person, day = np.nonzero(active)
    number = 1 + rng.poisson(MORE_SESSIONS, len(person))
    user, day = np.repeat(person, number), np.repeat(day, number)
    at = world.first + day * DAY + rhythm.clock_times(rng, np.asarray(population.of("utc_offset", user)))
    registered_at = np.asarray(population.of("registered_at", user))
    at = np.where(at <= registered_at, registered_at + span(rng, MINUTE, 20 * MINUTE, len(user)), at)
    own = np.asarray(population.of("platform", user))
    platform = pd.Categorical(own, categories=PLATFORM_NAMES).codes
    length = np.where(rng.random(len(user)) < BOUNCES, 1, 1 + rng.geometric(MORE_STEPS, len(user)))
    return pd.DataFrame(
        {
            "kind": np.where(population.of("is_bot", user), BOT, PERSON),
            "user": user,
            "visitor": user,
            "at": at,
            "platform": np.where(rng.random(len(user)) < OTHER_DEVICE, WEB, platform),
            "country": np.asarray(population.of("country", user)),
            "length": np.minimum(length, LONGEST_SESSION),
            "first_step": DASHBOARD,
            "logs_in": rng.random(len(user)) < LOGS_IN,
        }
    )


def _visitors(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Anonymous visits, mostly short; a visitor's number comes back now and then."""
    mean = np.maximum(LEAST_VISITS, VISITS_PER_USER * world.users) * rhythm.weekday(world)
    frame = _strangers(world, rng, rng.poisson(mean))
    visitor = world.users + rng.integers(0, max(10, len(frame) * 2 // 3), len(frame))
    length = np.where(rng.random(len(frame)) < 0.6, 1, 1 + rng.geometric(0.4, len(frame)))
    return frame.assign(kind=VISITOR, user=-1, visitor=visitor, length=np.minimum(length, LONGEST_SESSION))


def _bots(world: World, rng: np.random.Generator, population: Population) -> pd.DataFrame:
    """Visits of crawlers: many quick steps, some under the account of a person's scraper (`is_bot` people)."""
    frame = _strangers(
        world, rng, rng.poisson(np.maximum(LEAST_BOT_VISITS, BOT_VISITS_PER_USER * world.users), world.days)
    )
    length = rng.integers(*BOT_STEPS, len(frame))
    crawler = 10 * world.users + 100_000 + rng.integers(0, 5 + world.users // 200, len(frame))
    return frame.assign(kind=BOT, user=-1, visitor=crawler, length=length)


def _strangers(world: World, rng: np.random.Generator, per_day: np.ndarray) -> pd.DataFrame:
    day = np.repeat(np.arange(world.days), per_day)
    country = np.asarray(pick(rng, {name: share for name, (share, _, _) in COUNTRIES.items()}, len(day)))
    offset = pd.Series({name: hours for name, (_, _, hours) in COUNTRIES.items()}).reindex(country).to_numpy()
    at = world.first + day * DAY + rhythm.clock_times(rng, offset)
    return pd.DataFrame({"at": at, "platform": WEB, "country": country, "first_step": LANDING, "logs_in": False})


def _steps(world: World, rng: np.random.Generator, sessions: pd.DataFrame) -> pd.DataFrame:
    """Every step: session, at, step (code), is_first; steps after the end of the sample don't happen."""
    length = sessions["length"].to_numpy()
    session = np.repeat(np.arange(len(sessions)), length)
    begins = np.cumsum(length) - length
    is_first = np.arange(len(session)) == begins[session]
    median = np.where(sessions["kind"] == BOT, SECONDS_PER_BOT_STEP, SECONDS_PER_STEP)[session]
    gap = np.where(is_first, 0, lognormal(rng, median * 1000, 1.0, len(session)).astype(np.int64))
    elapsed = np.cumsum(gap)
    elapsed -= elapsed[begins][session] if len(session) else 0
    steps = pd.DataFrame(
        {
            "session": session,
            "at": sessions["at"].to_numpy()[session] + elapsed.astype("timedelta64[ms]"),
            "step": walk(rng, sessions["first_step"].to_numpy(), length),
            "is_first": is_first,
        }
    )
    too_early = (steps["step"] == FORECAST) & (
        world.day_of(steps["at"].to_numpy()) < world.share_of_days(FORECAST_SINCE)
    )
    steps["step"] = np.where(too_early, REPORTS, steps["step"])
    return steps[steps["at"] < world.end].sort_values("at", kind="stable", ignore_index=True)
