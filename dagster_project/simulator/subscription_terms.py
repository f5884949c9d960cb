"""What subscriptions cost over time, their feed `subscriptions`, and who of their customers was lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dagster_project.simulator.columns import identifiers, named
from dagster_project.simulator.money import minor_units
from dagster_project.simulator.subscriptions import BILLING, PLAN_USD, PLANS, REASONS, STATUSES, Subscriptions
from dagster_project.simulator.world import World


def terms(subscriptions: Subscriptions) -> pd.DataFrame:
    """The states with what each costs: plan (index), amount_minor, currency, quantity, discount_minor."""
    states = subscriptions.states
    contract = subscriptions.contracts.loc[states["number"]]
    plan = (contract["plan"].to_numpy() + states["step"].to_numpy()).astype(int)
    usd = PLAN_USD[plan] * np.array([price for _, _, price, _ in BILLING])[contract["billing"]]
    amount = minor_units(usd, contract["currency"].to_numpy())
    quantity = contract["quantity"].to_numpy()
    discount = np.rint(amount * quantity * states["discount"].to_numpy()).astype(np.int64)
    return states.assign(
        plan=plan,
        amount_minor=amount,
        quantity=quantity,
        discount_minor=discount,
        currency=contract["currency"].to_numpy(),
    )


def subscriptions_feed(subscriptions: Subscriptions) -> pd.DataFrame:
    """The feed `subscriptions`: each row the state from effective_at on."""
    states = terms(subscriptions).sort_values(["at", "number"], ignore_index=True)
    contract = subscriptions.contracts.loc[states["number"]]
    billing = contract["billing"].to_numpy()
    return pd.DataFrame(
        {
            "subscription_id": identifiers("sub-", states["number"].to_numpy()),
            "effective_at": states["at"],
            "user_id": identifiers("u-", contract["user"].to_numpy()),
            "plan_id": named(states["plan"].to_numpy(), PLANS),
            "status": named(states["status"].astype(int).to_numpy(), STATUSES),
            "amount_minor": states["amount_minor"],
            "currency": states["currency"],
            "interval": np.array([interval for interval, *_ in BILLING])[billing],
            "interval_count": np.array([count for _, count, *_ in BILLING])[billing],
            "quantity": states["quantity"],
            "discount_minor": states["discount_minor"],
            "cancel_reason": named(states["reason"].fillna(-1).astype(int).to_numpy(), REASONS),
        }
    )


def churned_customers(world: World, subscriptions: Subscriptions) -> list[Mapping[str, object]]:
    """Truth: every paid subscription that ends within the sample, by whose will, and whether its user came back."""
    contracts = subscriptions.contracts
    ended = contracts[contracts["converts"] & (contracts["ends_at"] < world.end)]
    started = contracts.groupby("user")["begins_at"].max()
    returned_at = started.reindex(ended["user"]).to_numpy()
    return [
        {
            "user_id": f"u-{row.user:06d}",
            "subscription_id": f"sub-{row.Index:06d}",
            "date": f"{row.ends_at:%Y-%m-%d}",
            "kind": "involuntary" if row.is_involuntary else "voluntary",
            "reason": REASONS[row.reason],
            "subscribed_again": bool(row.begins_at < again < world.end),
        }
        for row, again in zip(ended.itertuples(), returned_at, strict=True)
    ]
