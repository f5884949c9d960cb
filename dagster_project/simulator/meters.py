"""Meters of the groups, their monthly readings, and what the group owes for each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator import rhythm
from dagster_project.simulator.columns import days_text, identifiers, named, pick, whole
from dagster_project.simulator.households import Households
from dagster_project.simulator.population import NEVER
from dagster_project.simulator.world import DAY, HOUR, World, span, waiting


@dataclass(frozen=True)
class Utility:
    """How common a meter is, its unit, monthly use per person in summer and added in midwinter, USD per unit."""

    share: float
    unit: str
    summer_use: float
    winter_use: float
    usd: float


UTILITIES = {
    "electricity": Utility(0.95, "kWh", 85.0, 30.0, 0.28),
    "water": Utility(0.70, "m3", 4.0, -0.6, 3.10),
    "gas": Utility(0.40, "m3", 6.0, 55.0, 0.95),
    "heat": Utility(0.30, "kWh", 20.0, 480.0, 0.11),
}
NAMES = tuple(UTILITIES)
DUE_DAYS = {"28": 0.72, "25": 0.10, "20": 0.05, "15": 0.05, "none": 0.08}
DEFAULT_DUE_DAY = 28
REMOVED = 0.04
AUTOMATIC = 0.25
# What becomes of a due reading.
LATE, MISSING = 0.10, 0.08
CORRECTED = 0.01


@dataclass(frozen=True)
class Meters:
    """`meters`: one row per meter number; `uses`: meter, month, use in the meter's unit, index the meter then shows."""

    meters: pd.DataFrame
    uses: pd.DataFrame


def draw_meters(world: World, households: Households) -> Meters:
    """The meters of every group and what passes through them each month of the sample."""
    rng = world.rng("meters")
    groups = households.groups
    has = rng.random((len(groups), len(NAMES))) < [utility.share for utility in UTILITIES.values()]
    group, utility = np.nonzero(has)
    installed_at = groups["created_at"].to_numpy()[group] + HOUR + waiting(rng, 2 * DAY, len(group))
    removed = rng.random(len(group)) < REMOVED
    due = np.asarray(pick(rng, DUE_DAYS, len(group)))
    meters = pd.DataFrame(
        {
            "group": group,
            "utility": utility,
            "installed_at": installed_at,
            "removed_at": np.where(removed, installed_at + span(rng, 60 * DAY, 300 * DAY, len(group)), NEVER),
            "due_day": np.where(due == "none", "0", due).astype(int),
            "is_automatic": rng.random(len(group)) < AUTOMATIC,
            "first_index": rng.integers(100, 5000, len(group)),
        }
    )
    return Meters(meters, _monthly_uses(world, rng, meters, groups["size"].to_numpy()[group]))


def _monthly_uses(world: World, rng: np.random.Generator, meters: pd.DataFrame, persons: np.ndarray) -> pd.DataFrame:
    months = np.unique(world.dates.astype("datetime64[M]"))
    meter, month = (axis.ravel() for axis in np.meshgrid(np.arange(len(meters)), months, indexing="ij"))
    utility = meters["utility"].to_numpy()[meter]
    summer, winter = (
        np.array([getattr(known, name) for known in UTILITIES.values()]) for name in ("summer_use", "winter_use")
    )
    cold = rhythm.winter(month.astype("datetime64[D]") + 14)
    per_person = summer[utility] + winter[utility] * cold**1.5
    uses = pd.DataFrame({"meter": meter, "month": month.astype("datetime64[s]")})
    uses["use"] = (per_person * persons[meter] * rng.lognormal(0.0, 0.15, len(meter))).round(1)
    uses["index"] = (meters["first_index"].to_numpy()[meter] + uses.groupby("meter")["use"].cumsum()).round(1)
    installed_in = meters["installed_at"].to_numpy().astype("datetime64[M]")[meter]
    removed_in = meters["removed_at"].to_numpy().astype("datetime64[M]")[meter]
    in_place = (month >= installed_in) & (np.isnat(removed_in) | (month < removed_in))
    return uses[in_place].reset_index(drop=True)


def meters_feed(world: World, meters: Meters) -> pd.DataFrame:
    """The feed `meters`: the installation, and a second version for those removed."""
    known = meters.meters
    removed = known[known["removed_at"].notna()]
    first = known.assign(removed_at=NEVER, updated_at=known["installed_at"])
    both = pd.concat([first, removed.assign(updated_at=removed["removed_at"])])
    return pd.DataFrame(
        {
            "meter_id": identifiers("m-", both.index),
            "group_id": identifiers("g-", both["group"].to_numpy()),
            "utility": named(both["utility"].to_numpy(), NAMES),
            "installed_at": both["installed_at"].to_numpy(),
            "removed_at": both["removed_at"].to_numpy(),
            "reading_due_day": whole(both["due_day"], both["due_day"] == 0),
            "updated_at": both["updated_at"].to_numpy(),
        }
    )


def meter_readings_feed(world: World, meters: Meters, households: Households) -> pd.DataFrame:
    """The feed `meter_readings`: for each meter and month a reading on time, late or none; a few are read again."""
    rng = world.rng("meter_readings")
    readings = _submissions(rng, meters)
    again = readings[rng.random(len(readings)) < CORRECTED]
    again = again.assign(submitted_at=again["submitted_at"] + DAY, index=again["index"] + 1)
    readings = pd.concat([readings, again]).sort_values(["submitted_at", "meter"], ignore_index=True)
    meter = readings["meter"].to_numpy()
    known = meters.meters.loc[meter]
    method = np.where(known["is_automatic"], 2, rng.integers(0, 2, len(meter)))
    return pd.DataFrame(
        {
            "reading_id": identifiers("r-", readings.index, 7),
            "meter_id": identifiers("m-", meter),
            "user_id": identifiers(
                "u-", _submitters(rng, households, known["group"].to_numpy(), readings["submitted_at"])
            ),
            "submitted_at": readings["submitted_at"],
            "period": days_text(readings["month"].to_numpy()),
            "value": readings["index"].round(1),
            "unit": np.array([utility.unit for utility in UTILITIES.values()])[known["utility"].to_numpy()],
            "method": named(method, ("manual", "photo", "automatic")),
        }
    )


def _submissions(rng: np.random.Generator, meters: Meters) -> pd.DataFrame:
    uses = meters.uses
    known = meters.meters.loc[uses["meter"]]
    due_day = np.where(known["due_day"] == 0, DEFAULT_DUE_DAY, known["due_day"])
    due_at = uses["month"].to_numpy().astype("datetime64[ms]") + due_day * DAY
    fate = np.where(known["is_automatic"], 1.0, rng.random(len(uses)))
    early = np.minimum(waiting(rng, 2 * DAY, len(uses)) + HOUR, 13 * DAY)
    submitted_at = due_at + np.where(fate < LATE + MISSING, span(rng, HOUR, 9 * DAY, len(uses)), -early)
    sound = (fate >= MISSING) & (submitted_at > known["installed_at"].to_numpy() + HOUR)
    return uses.assign(submitted_at=submitted_at)[sound]


def _submitters(rng: np.random.Generator, households: Households, group: np.ndarray, at: pd.Series) -> np.ndarray:
    """The owner, or another of the household where that one is a member at the time."""
    owner = households.groups["owner"].to_numpy()[group]
    mate = owner + rng.integers(0, households.groups["size"].to_numpy()[group])
    members = households.members.drop_duplicates("user").set_index("user").reindex(mate)
    is_member = (members["joined_at"].to_numpy() < at.to_numpy()) & ~(members["left_at"].to_numpy() <= at.to_numpy())
    return np.where(is_member, mate, owner)


def group_bills(meters: Meters) -> pd.DataFrame:
    """What each group owes for each month: group, month, usd."""
    known = meters.meters.loc[meters.uses["meter"]]
    price = np.array([utility.usd for utility in UTILITIES.values()])[known["utility"].to_numpy()]
    costs = pd.DataFrame(
        {"group": known["group"].to_numpy(), "month": meters.uses["month"], "usd": meters.uses["use"] * price}
    )
    return costs.groupby(["group", "month"], as_index=False)["usd"].sum()
