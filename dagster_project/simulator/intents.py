"""What is to be paid: shares of the groups' bills, subscription charges, one-off services."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulator import rhythm
from dagster_project.simulator.columns import lognormal, pick
from dagster_project.simulator.households import Households
from dagster_project.simulator.money import minor_units
from dagster_project.simulator.population import Population
from dagster_project.simulator.subscription_terms import terms
from dagster_project.simulator.subscriptions import ACTIVE, DAYS_PER_CYCLE, Subscriptions, cycle_start
from dagster_project.simulator.world import DAY, HOUR, World

METHODS = {"card": 0.55, "direct_debit": 0.20, "bank_transfer": 0.15, "wallet": 0.10}
MOST_ATTEMPTS = 4
# The attempt with which a dead card is replaced, at the instant the subscription recovers.
RECOVERING_ATTEMPT = 3
FIRST_ATTEMPT_FAILS = 0.05
GIVES_UP = 0.25
BILL_DAY, BILL_PAID_WITHIN_DAYS = 4, 11
BILL_PAID_HERE, BILL_PAID_WHEN_GONE = 0.9, 0.2
BILL_FEE_SHARE, BILL_FEE_USD = 0.012, 0.25
SERVICES_PER_USER_YEAR, GUEST_SHARE = 0.5, 0.25
SERVICE_FEE_SHARE = 0.03


def draw_intents(
    world: World, population: Population, households: Households, bills: pd.DataFrame, subscriptions: Subscriptions
) -> pd.DataFrame:
    """What is to be paid: user (-1 for a guest), group (-1 for none), kind, at, amount_minor, fee_minor, currency,
    method, how many attempts it takes, whether the last of them fails too (lost)."""
    intents = pd.concat(
        [
            _bill_intents(world, population, households, bills),
            _charges(world, subscriptions),
            _service_intents(world, population),
        ],
        ignore_index=True,
    )
    intents = intents[intents["at"] < world.end].sort_values("at", kind="stable", ignore_index=True)
    return _with_attempts(world.rng("payment outcomes"), intents, population)


def _bill_intents(world: World, population: Population, households: Households, bills: pd.DataFrame) -> pd.DataFrame:
    """Each month's costs of a group, split evenly between those who are members when the bill comes."""
    rng = world.rng("bills")
    shares = _bill_shares(rng, population, households, bills)
    user = shares["user"].to_numpy()
    day = rng.integers(0, BILL_PAID_WITHIN_DAYS, len(shares)) * DAY
    at = shares["billed_at"].to_numpy() + day + rhythm.clock_times(rng, np.asarray(population.of("utc_offset", user)))
    currency = np.asarray(population.of("currency", user))
    usd = shares["usd"].to_numpy()
    return pd.DataFrame(
        {
            "user": user,
            "group": shares["group"].to_numpy(),
            "kind": "bill",
            "at": at,
            "amount_minor": minor_units(usd, currency),
            "fee_minor": minor_units(usd * BILL_FEE_SHARE + BILL_FEE_USD, currency),
            "currency": currency,
            "attempts": 0,
            "lost": False,
        }
    )


def _bill_shares(
    rng: np.random.Generator, population: Population, households: Households, bills: pd.DataFrame
) -> pd.DataFrame:
    """Who pays which part of each bill through the system: group, user, billed_at, usd; the others pay elsewhere."""
    shares = bills.merge(households.members, on="group")
    billed_at = (shares["month"].to_numpy().astype("datetime64[M]") + 1).astype("datetime64[ms]") + (BILL_DAY - 1) * DAY
    present = (shares["joined_at"] < billed_at) & ~(shares["left_at"] <= billed_at)
    shares = shares.assign(billed_at=billed_at)[present]
    shares["usd"] /= shares.groupby(["group", "month"])["user"].transform("size")
    user = shares["user"].to_numpy()
    gone = np.asarray(population.of("gone_at", user)) < shares["billed_at"].to_numpy()
    deleted = np.asarray(population.of("deleted_at", user)) < shares["billed_at"].to_numpy()
    pays_here = rng.random(len(shares)) < np.where(gone, BILL_PAID_WHEN_GONE, BILL_PAID_HERE)
    return shares[pays_here & ~deleted]


def _charges(world: World, subscriptions: Subscriptions) -> pd.DataFrame:
    """The charge at the start of every paid billing cycle; those where the card fails carry their fate with them."""
    paid = subscriptions.contracts[
        subscriptions.contracts["converts"] & (subscriptions.contracts["paid_from"] < world.end)
    ]
    lasts = (np.fmin(paid["ends_at"].to_numpy(), world.end) - paid["paid_from"].to_numpy()) // DAY
    cycles = lasts // DAYS_PER_CYCLE[paid["billing"]] + 1
    row = np.repeat(np.arange(len(paid)), cycles)
    cycle = np.arange(len(row)) - np.repeat(np.cumsum(cycles) - cycles, cycles)
    due = paid.iloc[row]
    at = cycle_start(due["paid_from"].to_numpy(), due["billing"].to_numpy(), cycle)
    charges = pd.DataFrame({"number": due.index, "at": at, "user": due["user"].to_numpy()})
    charges["fails"] = at == due["card_fails_at"].to_numpy()
    charges["lost"] = charges["fails"] & ~due["recovers"].to_numpy()
    charges = charges[charges["at"].to_numpy() < np.fmin(due["ends_at"].to_numpy(), world.end)]
    return _priced(charges, subscriptions)


def _priced(charges: pd.DataFrame, subscriptions: Subscriptions) -> pd.DataFrame:
    """What each charge costs by the subscription's state at that instant; none while trialing, past due or paused."""
    states = terms(subscriptions).sort_values("at", kind="stable")
    priced = pd.merge_asof(charges.sort_values(["at", "number"]), states, on="at", by="number")
    priced = priced[priced["status"].astype(int) == ACTIVE]
    amount = priced["amount_minor"] * priced["quantity"] - priced["discount_minor"]
    return pd.DataFrame(
        {
            "user": priced["user"],
            "group": -1,
            "kind": "subscription",
            "at": priced["at"],
            "amount_minor": amount.astype(np.int64),
            "fee_minor": 0,
            "currency": priced["currency"],
            "attempts": np.where(priced["fails"], np.where(priced["lost"], MOST_ATTEMPTS, RECOVERING_ATTEMPT), 0),
            "lost": priced["lost"],
        }
    )


def _service_intents(world: World, population: Population) -> pd.DataFrame:
    """One-off services, by registered people and by guests."""
    rng = world.rng("services")
    people = population.people
    tenure = (world.end - people["registered_at"].to_numpy()) / (365 * DAY)
    wanted = rng.poisson(tenure * SERVICES_PER_USER_YEAR * ~(people["is_test"] | people["is_bot"]))
    user = np.repeat(np.arange(len(people)), wanted)
    begins = people["registered_at"].to_numpy()[user]
    at = begins + HOUR + (rng.random(len(user)) * (world.end - begins).astype(np.int64)).astype("timedelta64[ms]")
    usd = lognormal(rng, 29.0, 0.7, len(user))
    currency = people["currency"].to_numpy()[user]
    is_guest = rng.random(len(user)) < GUEST_SHARE
    after_deletion = people["deleted_at"].to_numpy()[user] < at
    intents = pd.DataFrame(
        {
            "user": np.where(is_guest, -1, user),
            "group": -1,
            "kind": "service",
            "at": at,
            "amount_minor": minor_units(usd, currency),
            "fee_minor": minor_units(usd * SERVICE_FEE_SHARE, currency),
            "currency": currency,
            "attempts": 0,
            "lost": False,
        }
    )
    return intents[is_guest | ~after_deletion]


def _with_attempts(rng: np.random.Generator, intents: pd.DataFrame, population: Population) -> pd.DataFrame:
    """Adds the method (a person's own, a guest's by chance) and draws how many attempts the others take."""
    size = len(intents)
    own_method = np.asarray(pick(rng, METHODS, len(population.people)))
    guest_method = np.asarray(pick(rng, METHODS, size))
    user = intents["user"].to_numpy()
    intents["method"] = np.where(user < 0, guest_method, own_method[user])
    fails = rng.random(size) < FIRST_ATTEMPT_FAILS
    tries = np.minimum(1 + rng.geometric(0.6, size), MOST_ATTEMPTS)
    lost = rng.random(size) < GIVES_UP
    is_open = intents["attempts"].to_numpy() == 0
    intents["lost"] = np.where(is_open, fails & lost, intents["lost"])
    intents["attempts"] = np.where(is_open, np.where(fails, tries, 1), intents["attempts"])
    return intents
