"""Who uses the system: people with their origin, attachment and end, in households that form groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator import rhythm
from dagster_project.simulator.columns import pick
from dagster_project.simulator.world import DAY, World, span, waiting

NEVER = np.datetime64("NaT", "ms")

# country: share of households, currency, hours ahead of UTC
COUNTRIES = {
    "US": (0.34, "USD", -5),
    "GB": (0.18, "GBP", 0),
    "DE": (0.17, "EUR", 1),
    "FR": (0.10, "EUR", 1),
    "NL": (0.06, "EUR", 1),
    "JP": (0.10, "JPY", 9),
    "KW": (0.05, "KWD", 3),
}
# channel: share of registrations, shift of attachment (people who were sent by friends stay, clicked ads don't)
CHANNELS = {
    "organic": (0.30, 0.06),
    "paid_search": (0.22, 0.0),
    "paid_social": (0.18, -0.15),
    "referral": (0.12, 0.12),
    "partner": (0.10, 0.02),
    "email": (0.08, 0.03),
}
# channel: its campaigns in summer and in winter
CAMPAIGNS = {
    "paid_search": ("brand", "switch_provider"),
    "paid_social": ("spring_savings", "winter_heating"),
    "partner": ("landlord_bundle", "landlord_bundle"),
    "email": ("newsletter", "newsletter"),
}
PLATFORMS = {"web": 0.45, "ios": 0.30, "android": 0.25}
HOUSEHOLD_SIZES = np.array([0.20, 0.22, 0.20, 0.21, 0.11, 0.06])
# The launch week brings this many times the usual registrations.
LAUNCH_FACTOR = 5
REFERRED_HOUSEMATES = 0.5
HOUSEMATES_FOLLOW_AFTER = 4 * DAY
TEST_SHARE = 0.01
BOT_SHARE = 0.002
# Lifetime in days of the least attached and what full attachment adds: cohorts lose the loosely attached first.
SHORTEST_LIFE_DAYS = 25
LIFE_BY_ATTACHMENT_DAYS, LIFE_POWER = 1700, 1.8
RETURNING = 0.25
DELETED = 0.08


@dataclass(frozen=True)
class Population:
    """`people`: one row per user number; housemates are neighbours, the first of them is the head."""

    people: pd.DataFrame

    def of(self, column: str, users: np.ndarray):
        """The column's value for each user number; numbers below 0 are not allowed."""
        return self.people[column].array.take(np.asarray(users))


def registration_weights(world: World) -> np.ndarray:
    """The expected share of registrations of every day: steady growth, a launch week, weekdays."""
    growth = 0.6 + 0.8 * np.arange(world.days) / world.days
    launch = np.where(np.arange(world.days) < 7, LAUNCH_FACTOR, 1.0)
    weights = growth * launch * rhythm.weekday(world)
    return weights / weights.sum()


def campaign_of(channel: np.ndarray, dates: np.ndarray) -> np.ndarray:
    """The campaign that runs in a channel on a date (its second one in the cold half of the year), or None."""
    cold = (rhythm.winter(dates) > 0.5).astype(int)
    campaign = np.full(len(channel), None, dtype=object)
    for name, seasons in CAMPAIGNS.items():
        campaign[channel == name] = np.array(seasons, dtype=object)[cold[channel == name]]
    return campaign


def draw_population(world: World) -> Population:
    """Everybody who registers within the sample."""
    rng = world.rng("population")
    people = _registered(world, rng)
    people["channel"] = _channels(rng, people)
    people["campaign"] = campaign_of(people["channel"].to_numpy(), people["registered_at"].to_numpy())
    people["platform"] = np.asarray(pick(rng, PLATFORMS, world.users))
    people["attachment"] = _attachment(world, rng, people)
    _draw_ends(world, rng, people)
    _mark_strangers(rng, people)
    return Population(people)


def _registered(world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Registrations, cut into households of neighbours who share country and currency and follow their head."""
    day = rng.choice(world.days, world.users, p=registration_weights(world))
    day[: max(1, world.users // 50)] = 0
    sizes = 1 + rng.choice(len(HOUSEHOLD_SIZES), world.users, p=HOUSEHOLD_SIZES)
    household = np.repeat(np.arange(world.users), sizes)[: world.users]
    country = np.asarray(pick(rng, {name: share for name, (share, _, _) in COUNTRIES.items()}, world.users))[household]
    offset = pd.Series({name: hours for name, (_, _, hours) in COUNTRIES.items()}).reindex(country).to_numpy()
    is_head = np.diff(household, prepend=-1) != 0
    registered_at = world.first + np.sort(day) * DAY + rhythm.clock_times(rng, offset)
    followed_at = registered_at + waiting(rng, HOUSEMATES_FOLLOW_AFTER, world.users)
    return pd.DataFrame(
        {
            "registered_at": np.where(is_head | (followed_at >= world.end), registered_at, followed_at),
            "household": household,
            "household_size": np.bincount(household)[household],
            "is_head": is_head,
            "country": country,
            "currency": pd.Series({name: code for name, (_, code, _) in COUNTRIES.items()}).reindex(country).to_numpy(),
            "utc_offset": offset,
        }
    )


def _channels(rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    channel = np.asarray(pick(rng, {name: share for name, (share, _) in CHANNELS.items()}, len(people)))
    referred = ~people["is_head"].to_numpy() & (rng.random(len(people)) < REFERRED_HOUSEMATES)
    return np.where(referred, "referral", channel)


def _attachment(world: World, rng: np.random.Generator, people: pd.DataFrame) -> np.ndarray:
    """How strongly each person holds on to the product, 0 to 1; later cohorts meet a better product."""
    shift = pd.Series({name: shift for name, (_, shift) in CHANNELS.items()}).reindex(people["channel"]).to_numpy()
    cohort = 0.12 * world.day_of(people["registered_at"].to_numpy()) / world.days - 0.06
    return np.clip(rng.beta(2.0, 2.6, len(people)) + shift + cohort, 0.03, 0.97)


def _draw_ends(world: World, rng: np.random.Generator, people: pd.DataFrame) -> None:
    """When people stop (`gone_at`), come back (`returned_at`, mostly never) or delete the account (`deleted_at`)."""
    size = len(people)
    mean_days = SHORTEST_LIFE_DAYS + LIFE_BY_ATTACHMENT_DAYS * people["attachment"].to_numpy() ** LIFE_POWER
    life = (rng.exponential(1.0, size) * mean_days * 86_400_000).astype(np.int64).astype("timedelta64[ms]")
    gone_at = people["registered_at"].to_numpy() + life
    returns = rng.random(size) < RETURNING
    people["gone_at"] = gone_at
    people["returned_at"] = np.where(returns, gone_at + span(rng, 20 * DAY, 90 * DAY, size), NEVER)
    deletes = ~returns & (rng.random(size) < DELETED)
    people["deleted_at"] = np.where(deletes, gone_at + 30 * DAY + waiting(rng, 10 * DAY, size), NEVER)


def _mark_strangers(rng: np.random.Generator, people: pd.DataFrame) -> None:
    """Test users and bot accounts: people who live alone, so that no group, bill or subscription hangs on them."""
    alone = rng.permutation(np.flatnonzero(people["household_size"] == 1))
    tests = -(-len(people) * TEST_SHARE // 1)
    bots = -(-len(people) * BOT_SHARE // 1)
    people["is_test"] = np.isin(np.arange(len(people)), alone[: int(tests)])
    people["is_bot"] = np.isin(np.arange(len(people)), alone[int(tests) : int(tests + bots)])
    strangers = (people["is_test"] | people["is_bot"]).to_numpy()
    people.loc[strangers, ["gone_at", "returned_at", "deleted_at"]] = NEVER
