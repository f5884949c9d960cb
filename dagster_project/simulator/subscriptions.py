"""Subscriptions: trials, plan changes, pauses, failed cards, cancellations and returns, as states over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator.population import NEVER, Population
from dagster_project.simulator.versions import version_rows
from dagster_project.simulator.world import DAY, HOUR, MINUTE, World, span, waiting

STATUSES = ("trialing", "active", "past_due", "paused", "canceled")
TRIALING, ACTIVE, PAST_DUE, PAUSED, CANCELED = range(5)
REASONS = ("trial_not_converted", "no_longer_needed", "too_expensive", "payment_failed")
NOT_CONVERTED, NOT_NEEDED, TOO_EXPENSIVE, PAYMENT_FAILED = range(4)
PLANS = ("basic", "plus", "family")
PLAN_USD = np.array([5.99, 9.99, 16.99])
# interval, interval_count, price relative to a month's, share of the subscriptions
BILLING = (("month", 1, 1.0, 0.78), ("year", 1, 10.0, 0.14), ("month", 3, 2.7, 0.05), ("week", 1, 0.27, 0.03))
# The months of a cycle by place in BILLING (0: a week), and the days it has at least.
MONTHS_PER_CYCLE = np.array([1, 12, 3, 0])
DAYS_PER_CYCLE = np.array([28, 365, 89, 7])

TRIAL_DAYS = 14
WITH_TRIAL = 0.55
# A card dies in this share of the billing cycles; then payment is retried for three days, or the subscription ends.
CARD_FAILURE_PER_CYCLE = 0.04
RECOVERING = 0.55
RECOVERY_AFTER = 3 * DAY + HOUR
CANCELED_AFTER = 14 * DAY
# Some give up themselves while past due: involuntary churn by definition, whatever they name as the reason.
QUITTING_WHILE_PAST_DUE = 0.25
PAST_DUE_AFTER = 5 * MINUTE
UPGRADING, DOWNGRADING, PAUSING, DISCOUNTED = 0.20, 0.09, 0.05, 0.15
DISCOUNT_SHARE = 0.20
VOLUNTARY_WITHOUT_LEAVING = 0.06
RETURNING = 0.35


@dataclass(frozen=True)
class Subscriptions:
    """`contracts`: one row per subscription number with its milestones (NaT where none); `states`: its states."""

    contracts: pd.DataFrame
    states: pd.DataFrame


def cycle_start(anchor: np.ndarray, billing: np.ndarray, cycle: np.ndarray) -> np.ndarray:
    """When each contract's billing cycle number `cycle` begins: whole weeks, or months kept to a day up to the 28th."""
    month = anchor.astype("datetime64[M]")
    within = anchor - month.astype("datetime64[ms]")
    within = np.where(within >= 28 * DAY, 27 * DAY + within % DAY, within)
    months = MONTHS_PER_CYCLE[billing]
    by_month = (month + months * cycle).astype("datetime64[ms]") + within
    return np.where(cycle == 0, anchor, np.where(months == 0, anchor + 7 * cycle * DAY, by_month))


def draw_subscriptions(world: World, population: Population) -> Subscriptions:
    """First subscriptions, and new ones of customers who come back."""
    rng = world.rng("subscriptions")
    people = population.people
    likely = 0.05 + 0.95 * people["attachment"].to_numpy()
    begins = people["registered_at"].to_numpy() + HOUR + waiting(rng, 4 * DAY, len(people))
    stays = ~(people["gone_at"].to_numpy() <= begins) & ~people["is_test"] & ~people["is_bot"]
    customer = np.flatnonzero((rng.random(len(people)) < likely) & stays)
    trial = rng.random(len(customer)) < WITH_TRIAL
    first = _contracts(rng, population, customer, begins[customer], trial)
    back, returns_at = _returning(rng, population, first)
    second = _contracts(rng, population, back, returns_at, np.zeros(len(back), dtype=bool))
    contracts = pd.concat([first, second], ignore_index=True)
    return Subscriptions(contracts, _states(rng, contracts))


def _contracts(
    rng: np.random.Generator, population: Population, user: np.ndarray, begins: np.ndarray, trial: np.ndarray
) -> pd.DataFrame:
    size = len(user)
    attachment = population.of("attachment", user)
    contracts = pd.DataFrame(
        {
            "user": user,
            "begins_at": begins,
            "paid_from": begins + trial * TRIAL_DAYS * DAY,
            "has_trial": trial,
            "converts": ~trial | (rng.random(size) < 0.35 + 0.5 * np.asarray(attachment)),
            "billing": rng.choice(len(BILLING), size, p=[share for *_, share in BILLING]),
            "plan": rng.choice(len(PLANS), size, p=[0.55, 0.33, 0.12]),
            "quantity": np.where(rng.random(size) < 0.08, rng.integers(2, 5, size), 1),
            "discount": np.where(rng.random(size) < DISCOUNTED, DISCOUNT_SHARE, 0.0),
            "currency": np.asarray(population.of("currency", user)),
        }
    )
    quits_at = _voluntary_ends(rng, population, contracts)
    return _with_card_failures(rng, contracts, quits_at)


def _voluntary_ends(rng: np.random.Generator, population: Population, contracts: pd.DataFrame) -> np.ndarray:
    """People who stop using the product cancel some days later, so fading activity foretells it; a few just quit."""
    user, size = contracts["user"].to_numpy(), len(contracts)
    paid_from = contracts["paid_from"].to_numpy()
    gone_at = np.asarray(population.of("gone_at", user))
    returned_at = np.asarray(population.of("returned_at", user))
    left = np.isnat(returned_at) | (returned_at > paid_from)
    quits_at = np.where(left, np.maximum(gone_at, paid_from) + 2 * DAY + waiting(rng, 15 * DAY, size), NEVER)
    just_quits = paid_from + span(rng, 20 * DAY, 400 * DAY, size)
    quits_at = np.where(rng.random(size) < VOLUNTARY_WITHOUT_LEAVING, np.fmin(quits_at, just_quits), quits_at)
    return np.fmin(quits_at, np.asarray(population.of("deleted_at", user)))


def _with_card_failures(rng: np.random.Generator, contracts: pd.DataFrame, quits_at: np.ndarray) -> pd.DataFrame:
    """Adds card_fails_at (the charge), recovers, ends_at and reason; a card fails only before the customer quits."""
    size, paid_from = len(contracts), contracts["paid_from"].to_numpy()
    cycle = rng.geometric(CARD_FAILURE_PER_CYCLE, size)
    fails_at = cycle_start(paid_from, contracts["billing"].to_numpy(), cycle)
    fails = contracts["converts"].to_numpy() & ~(quits_at <= fails_at)
    recovers = rng.random(size) < RECOVERING
    gives_up = rng.random(size) < QUITTING_WHILE_PAST_DUE
    lost_at = fails_at + np.where(gives_up, 5 * DAY, CANCELED_AFTER)
    later_quit = np.maximum(quits_at, fails_at + CANCELED_AFTER + DAY)
    ends_at = np.where(fails, np.where(recovers, later_quit, lost_at), quits_at)
    ends_at = np.where(contracts["converts"], ends_at, paid_from)
    reason = np.where(rng.random(size) < 0.6, NOT_NEEDED, TOO_EXPENSIVE)
    reason = np.where(fails & ~recovers & ~gives_up, PAYMENT_FAILED, reason)
    return contracts.assign(
        card_fails_at=np.where(fails, fails_at, NEVER),
        recovers=recovers,
        ends_at=ends_at,
        reason=np.where(contracts["converts"], reason, NOT_CONVERTED),
        is_involuntary=fails & ~recovers,
    )


def _returning(rng: np.random.Generator, population: Population, first: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Former customers who subscribe anew: users, and when (after their return to the product, if they had left)."""
    ended = first[first["converts"] & first["ends_at"].notna()]
    ended = ended[rng.random(len(ended)) < RETURNING]
    user = ended["user"].to_numpy()
    returned_at = np.asarray(population.of("returned_at", user))
    is_gone = np.asarray(population.of("gone_at", user)) <= ended["ends_at"].to_numpy()
    since = np.where(is_gone, np.maximum(returned_at, ended["ends_at"].to_numpy()), ended["ends_at"].to_numpy())
    comes_back = ~np.isnat(since) & np.isnat(np.asarray(population.of("deleted_at", user)))
    return user[comes_back], since[comes_back] + span(rng, 3 * DAY, 60 * DAY, int(comes_back.sum()))


def _states(rng: np.random.Generator, contracts: pd.DataFrame) -> pd.DataFrame:
    """Every state of every subscription: number, at, status, plan, quantity, discount (share), reason."""
    steps = pd.concat(_plan_steps(rng, contracts), ignore_index=True)
    changes = [*_milestones(contracts), *_pauses(rng, contracts), steps]
    ends_at = contracts["ends_at"].to_numpy()
    live = [frame[~(frame["at"].to_numpy() >= ends_at[frame["number"]])] for frame in changes]
    ended = contracts[contracts["ends_at"].notna()]
    live.append(_change(ended, ended["ends_at"], status=CANCELED, reason=ended["reason"].to_numpy()))
    states = version_rows(live, "number", "at")
    states["step"] = states["step"].fillna(0)
    return states


def _change(contracts: pd.DataFrame, at: pd.Series, **values: object) -> pd.DataFrame:
    return pd.DataFrame({"number": contracts.index.to_numpy(), "at": at.to_numpy(), **values})


def _milestones(contracts: pd.DataFrame) -> list[pd.DataFrame]:
    discounted = contracts[(contracts["discount"] > 0) & contracts["converts"]]
    trials = contracts[contracts["has_trial"]]
    failed = contracts[contracts["card_fails_at"].notna()]
    recovered = failed[failed["recovers"]]
    first_status = np.where(contracts["has_trial"], TRIALING, ACTIVE)
    return [
        _change(contracts, contracts["begins_at"], status=first_status, discount=contracts["discount"].to_numpy()),
        _change(trials, trials["paid_from"], status=ACTIVE),
        _change(failed, failed["card_fails_at"] + PAST_DUE_AFTER, status=PAST_DUE),
        _change(recovered, recovered["card_fails_at"] + RECOVERY_AFTER, status=ACTIVE),
        _change(discounted, discounted["paid_from"] + 90 * DAY, discount=0.0),
    ]


def _plan_steps(rng: np.random.Generator, contracts: pd.DataFrame) -> list[pd.DataFrame]:
    """Upgrades and downgrades: `step` is the change of plan since the beginning, filled forward with the state."""
    paid = contracts[contracts["converts"]]
    size = len(paid)
    up = (rng.random(size) < UPGRADING) & (paid["plan"] < len(PLANS) - 1).to_numpy()
    down = ~up & (rng.random(size) < DOWNGRADING) & (paid["plan"] > 0).to_numpy()
    at = paid["paid_from"] + span(rng, 15 * DAY, 300 * DAY, size)
    return [_change(paid[up], at[up], step=1.0), _change(paid[down], at[down], step=-1.0)]


def _pauses(rng: np.random.Generator, contracts: pd.DataFrame) -> list[pd.DataFrame]:
    """A month's rest for some contracts whose card never fails and that last beyond it."""
    pausing = contracts[
        contracts["converts"] & contracts["card_fails_at"].isna() & (rng.random(len(contracts)) < PAUSING)
    ]
    at = pausing["paid_from"] + span(rng, 20 * DAY, 200 * DAY, len(pausing))
    lasts = ~(pausing["ends_at"] <= at + 30 * DAY)
    pausing, at = pausing[lasts], at[lasts]
    return [_change(pausing, at, status=PAUSED), _change(pausing, at + 30 * DAY, status=ACTIVE)]
