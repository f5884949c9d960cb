"""Accounts and groups: the feeds `users`, `groups` and `group_members`, and the memberships others refer to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator.columns import identifiers, joined, named
from dagster_project.simulator.population import NEVER, Population
from dagster_project.simulator.versions import version_rows
from dagster_project.simulator.world import DAY, HOUR, MINUTE, World, span, waiting

STATUSES = ("active", "suspended", "deleted")
ACTIVE, SUSPENDED, DELETED = range(3)
# Shares of the people, groups and memberships that change.
NEW_EMAIL = 0.04
SUSPENSION = 0.006
RENAMED = 0.10
LEAVING = 0.07
MOVING_ON = 0.4


@dataclass(frozen=True)
class Households:
    """`groups`: number, owner, created_at, size; `members`: group, user, joined_at, left_at (NaT while they stay)."""

    groups: pd.DataFrame
    members: pd.DataFrame


def draw_households(world: World, population: Population) -> Households:
    """A group for every household of two or more, its members, and people who move on to another group."""
    rng = world.rng("households")
    people = population.people
    heads = people[people["is_head"] & (people["household_size"] > 1)]
    groups = pd.DataFrame(
        {
            "owner": heads.index,
            "household": heads["household"].to_numpy(),
            "size": heads["household_size"].to_numpy(),
            "created_at": heads["registered_at"].to_numpy() + 10 * MINUTE + waiting(rng, 3 * HOUR, len(heads)),
        }
    )
    members = _first_members(rng, people, groups)
    return Households(groups, pd.concat([members, _movers(rng, groups, members)], ignore_index=True))


def _first_members(rng: np.random.Generator, people: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    user = np.flatnonzero(people["household"].isin(groups["household"]))
    group = np.searchsorted(groups["household"].to_numpy(), people["household"].to_numpy()[user])
    created_at = groups["created_at"].to_numpy()[group]
    ready_at = np.maximum(created_at, people["registered_at"].to_numpy()[user]) + 5 * MINUTE
    is_owner = people["is_head"].to_numpy()[user]
    joined_at = np.where(is_owner, created_at, ready_at + waiting(rng, 12 * HOUR, len(user)))
    leaves = ~is_owner & (rng.random(len(user)) < LEAVING)
    left_at = np.where(leaves, joined_at + span(rng, 20 * DAY, 300 * DAY, len(user)), NEVER)
    return pd.DataFrame({"group": group, "user": user, "joined_at": joined_at, "left_at": left_at})


def _movers(rng: np.random.Generator, groups: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Some of those who leave join another group that exists by then."""
    leaving = members[members["left_at"].notna().to_numpy() & (rng.random(len(members)) < MOVING_ON)]
    target = rng.integers(0, max(1, len(groups)), len(leaving))
    joined_at = leaving["left_at"].to_numpy() + span(rng, DAY, 5 * DAY, len(leaving))
    movers = pd.DataFrame(
        {"group": target, "user": leaving["user"].to_numpy(), "joined_at": joined_at, "left_at": NEVER}
    )
    possible = (target != leaving["group"].to_numpy()) & (groups["created_at"].to_numpy()[target] < joined_at)
    return movers[possible]


def users_feed(world: World, population: Population) -> pd.DataFrame:
    """The feed `users`: the registration, then a version for each new address, suspension, return and deletion."""
    rng = world.rng("users")
    people = population.people
    first = _changes(people.index, people["registered_at"], status=ACTIVE, address=0)
    later = people[people["deleted_at"].isna()]
    moved = later[rng.random(len(later)) < NEW_EMAIL]
    caught = later[rng.random(len(later)) < SUSPENSION]
    moved_at = moved["registered_at"] + span(rng, 5 * DAY, 200 * DAY, len(moved))
    caught_at = caught["registered_at"] + span(rng, 10 * DAY, 100 * DAY, len(caught))
    deleted = people[people["deleted_at"].notna()]
    versions = version_rows(
        [
            first,
            _changes(moved.index, moved_at, address=1),
            _changes(caught.index, caught_at, status=SUSPENDED),
            _changes(caught.index, caught_at + 5 * DAY, status=ACTIVE),
            _changes(deleted.index, deleted["deleted_at"], status=DELETED),
        ],
        "user",
        "at",
    )
    return _user_columns(population, versions)


def _changes(users: pd.Index, at: pd.Series, **values: int) -> pd.DataFrame:
    return pd.DataFrame({"user": np.asarray(users), "at": at.to_numpy(), **values})


def _user_columns(population: Population, versions: pd.DataFrame) -> pd.DataFrame:
    user = versions["user"].to_numpy()
    domain = np.where(population.of("is_test", user), "@test.invalid", "@example.org")
    return pd.DataFrame(
        {
            "user_id": identifiers("u-", user),
            "registered_at": population.of("registered_at", user),
            "updated_at": versions["at"].to_numpy(),
            "email": joined("person", user, ".", versions["address"].astype(int), domain),
            "country": population.of("country", user),
            "acquisition_channel": population.of("channel", user),
            "acquisition_campaign": population.of("campaign", user),
            "signup_platform": population.of("platform", user),
            "status": named(versions["status"].astype(int).to_numpy(), STATUSES),
            "is_test": population.of("is_test", user),
        }
    )


def groups_feed(world: World, households: Households) -> pd.DataFrame:
    """The feed `groups`: the founding, and a new name for some."""
    rng = world.rng("groups")
    groups = households.groups
    renamed = groups[rng.random(len(groups)) < RENAMED]
    renamed_at = renamed["created_at"] + span(rng, DAY, 120 * DAY, len(renamed))
    group = np.concatenate([groups.index, renamed.index]).astype(np.int64)
    name = np.array(["House ", "Flat "])[np.repeat([0, 1], [len(groups), len(renamed)])]
    return pd.DataFrame(
        {
            "group_id": identifiers("g-", group),
            "created_at": groups["created_at"].to_numpy()[group],
            "updated_at": np.concatenate([groups["created_at"].to_numpy(), renamed_at.to_numpy()]),
            "name": joined(name, group + 1),
            "owner_user_id": identifiers("u-", groups["owner"].to_numpy()[group]),
            "status": "active",
        }
    )


def group_members_feed(world: World, households: Households) -> pd.DataFrame:
    """The feed `group_members`: joining, and a second version for those who leave."""
    members = households.members
    leaving = members[members["left_at"].notna()]
    both = pd.concat(
        [members.assign(left_at=NEVER, updated_at=members["joined_at"]), leaving.assign(updated_at=leaving["left_at"])]
    )
    return pd.DataFrame(
        {
            "group_id": identifiers("g-", both["group"].to_numpy()),
            "user_id": identifiers("u-", both["user"].to_numpy()),
            "joined_at": both["joined_at"].to_numpy(),
            "left_at": both["left_at"].to_numpy(),
            "updated_at": both["updated_at"].to_numpy(),
        }
    )
