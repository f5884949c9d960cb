"""Attempts to pay, with their retries and outcomes, and refunds: the feeds `payments` and `refunds`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dagster_project.simulator.columns import blank, identifiers, pick, whole
from dagster_project.simulator.incidents import Incident, of_kind
from dagster_project.simulator.subscriptions import RECOVERY_AFTER
from dagster_project.simulator.world import DAY, HOUR, MINUTE, World, span, waiting

FAILURES = {"insufficient_funds": 0.45, "card_declined": 0.3, "expired_card": 0.15, "limit_exceeded": 0.1}
# When the attempts of one intent are made, counted from the first.
RETRY_AFTER = np.array([0 * DAY, DAY, RECOVERY_AFTER, 7 * DAY])
# An outage is retried within hours, not days.
RETRY_AFTER_OUTAGE = 4 * HOUR
FAILS_IN_OUTAGE = 0.8
SETTLING_METHODS = ("direct_debit", "bank_transfer")
# Share of quickly settled payments of which the pending version was delivered too.
PENDING_SEEN = 0.3
# reason: share of the succeeded payments
REFUNDS = {"requested": 0.015, "duplicate": 0.004, "fraud": 0.002, "chargeback": 0.003}
PARTIAL_REFUND = 0.25
CURRENCY_NAMED = 0.5
UNLINKED_REFUNDS = 0.04
# The release of the payment service that adds a column the contract doesn't know, at this share of the days.
RISK_SCORE_SINCE = 0.6


def draw_attempts(world: World, intents: pd.DataFrame, incidents: Sequence[Incident]) -> pd.DataFrame:
    """Every attempt within the sample: intent, at, settled_at, is_success, failure, and the intent's columns."""
    rng = world.rng("attempts")
    hit = _hit_by_outage(rng, intents, incidents)
    number = intents["attempts"].to_numpy() + hit
    intent = np.repeat(np.arange(len(intents)), number)
    attempt = np.arange(len(intent)) - np.repeat(np.cumsum(number) - number, number)
    is_last = attempt == number[intent] - 1
    retry = np.maximum(attempt - hit[intent], 0)
    attempts = intents.iloc[intent].reset_index(drop=True).assign(intent=intent)
    attempts["at"] += RETRY_AFTER[retry] + RETRY_AFTER_OUTAGE * (hit[intent] & (attempt > 0)).astype(int)
    attempts["is_success"] = is_last & ~attempts["lost"]
    failure = np.asarray(pick(rng, FAILURES, len(attempts)))
    attempts["failure"] = np.where(hit[intent] & (attempt == 0), "processor_unavailable", failure)
    attempts = pd.concat([attempts, _card_testing(world, incidents, len(intents))], ignore_index=True)
    attempts["settled_at"] = attempts["at"] + _settling(rng, attempts)
    return attempts[attempts["at"] < world.end].sort_values("at", kind="stable", ignore_index=True)


def _hit_by_outage(rng: np.random.Generator, intents: pd.DataFrame, incidents: Sequence[Incident]) -> np.ndarray:
    in_outage = np.zeros(len(intents), dtype=bool)
    for outage in of_kind(incidents, "payment_outage"):
        in_outage |= outage.covers(intents["at"].to_numpy())
    return in_outage & (rng.random(len(intents)) < FAILS_IN_OUTAGE)


def _card_testing(world: World, incidents: Sequence[Incident], first_intent: int) -> pd.DataFrame:
    """Bursts of tiny payments by guests who try stolen cards; nearly all are declined."""
    rng = world.rng("card testing")
    bursts = []
    for burst in of_kind(incidents, "card_testing"):
        size = int(rng.integers(40, 120))
        at = burst.begins + np.sort(span(rng, np.timedelta64(0, "ms"), burst.ends - burst.begins, size))
        bursts.append(pd.DataFrame({"at": at, "is_success": rng.random(size) < 0.04}))
    frame = pd.concat(bursts, ignore_index=True)
    return frame.assign(
        intent=first_intent + np.arange(len(frame)),
        user=-1,
        group=-1,
        kind="service",
        amount_minor=100,
        fee_minor=3,
        currency="USD",
        method="card",
        failure="card_declined",
    )


def _settling(rng: np.random.Generator, attempts: pd.DataFrame) -> np.ndarray:
    """How long the outcome takes: seconds for cards and wallets, one to four days for bank payments."""
    size = len(attempts)
    slow = attempts["method"].isin(SETTLING_METHODS).to_numpy()
    return np.where(slow, span(rng, DAY, 4 * DAY, size), waiting(rng, MINUTE // 10, size) + MINUTE // 60)


def payments_feed(world: World, attempts: pd.DataFrame) -> pd.DataFrame:
    """The feed `payments`: the versions of every attempt, with an extra score from a release on."""
    versions = _versions(world.rng("payments"), attempts)
    unscored = world.day_of(versions["at"].to_numpy()) < world.share_of_days(RISK_SCORE_SINCE)
    return pd.DataFrame(
        {
            "attempt_id": identifiers("pay-", versions.index, 7),
            "payment_id": identifiers("int-", versions["intent"].to_numpy(), 7),
            "user_id": identifiers("u-", versions["user"].to_numpy()),
            "group_id": identifiers("g-", versions["group"].to_numpy()),
            "kind": versions["kind"].to_numpy(),
            "attempted_at": versions["at"].to_numpy(),
            "updated_at": versions["updated_at"].to_numpy(),
            "status": versions["status"].to_numpy(),
            "amount_minor": versions["amount_minor"].to_numpy(),
            "fee_minor": versions["fee_minor"].to_numpy(),
            "currency": versions["currency"].to_numpy(),
            "method": versions["method"].to_numpy(),
            "failure_code": blank(versions["failure"].to_numpy(), (versions["status"] != "failed").to_numpy()),
            "risk_score": whole(versions.index * 37 % 100, unscored),
        }
    )


def _versions(rng: np.random.Generator, attempts: pd.DataFrame) -> pd.DataFrame:
    """Pending when attempted (where that was delivered), then the outcome when it settles."""
    slow = attempts["method"].isin(SETTLING_METHODS).to_numpy()
    pending = attempts[slow | (rng.random(len(attempts)) < PENDING_SEEN)]
    outcome = np.where(attempts["is_success"], "succeeded", "failed")
    return pd.concat(
        [
            pending.assign(status="pending", updated_at=pending["at"]),
            attempts.assign(status=outcome, updated_at=attempts["settled_at"]),
        ]
    )


def refunds_feed(world: World, attempts: pd.DataFrame) -> pd.DataFrame:
    """The feed `refunds`: whole or partial, chargebacks weeks later, and some that name an attempt nobody knows."""
    rng = world.rng("refunds")
    paid = attempts[attempts["is_success"]]
    drawn = rng.random(len(paid))
    bounds = np.cumsum(list(REFUNDS.values()))
    refunded = paid[drawn < bounds[-1]]
    reason = np.array(list(REFUNDS))[np.searchsorted(bounds, drawn[drawn < bounds[-1]], side="right")]
    size = len(refunded)
    after = np.where(reason == "chargeback", span(rng, 12 * DAY, 45 * DAY, size), span(rng, HOUR, 20 * DAY, size))
    partial = (reason == "requested") & (rng.random(size) < PARTIAL_REFUND)
    share = np.where(partial, rng.uniform(0.2, 0.9, size), 1.0)
    linked = pd.DataFrame(
        {
            "attempt_id": identifiers("pay-", refunded.index, 7),
            "refunded_at": refunded["settled_at"].to_numpy() + after,
            "amount_minor": np.floor(refunded["amount_minor"] * share).astype(np.int64).to_numpy(),
            "fee_minor": np.where(partial, 0, refunded["fee_minor"]),
            "currency": blank(refunded["currency"].to_numpy(), rng.random(size) > CURRENCY_NAMED),
            "reason": reason,
        }
    )
    refunds = pd.concat([linked, _unlinked(world, rng, size)], ignore_index=True)
    refunds = refunds.sort_values("refunded_at", kind="stable", ignore_index=True)
    refunds.insert(0, "refund_id", identifiers("ref-", refunds.index, 6))
    return refunds


def _unlinked(world: World, rng: np.random.Generator, linked: int) -> pd.DataFrame:
    """Refunds of payments made before this system; they must name their currency."""
    size = 1 + int(linked * UNLINKED_REFUNDS)
    return pd.DataFrame(
        {
            "attempt_id": identifiers("legacy-", rng.integers(0, 100_000, size)),
            "refunded_at": world.first + span(rng, HOUR, world.end - world.first, size),
            "amount_minor": rng.integers(500, 9000, size),
            "fee_minor": 0,
            "currency": np.asarray(pick(rng, {"USD": 0.6, "EUR": 0.4}, size)),
            "reason": "requested",
        }
    )
