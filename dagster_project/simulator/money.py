"""The currencies of the sample, their daily rates, and prices in minor units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dagster_project.simulator.columns import days_text
from dagster_project.simulator.world import DAY, HOUR, World


@dataclass(frozen=True)
class Currency:
    """An ISO 4217 currency: its decimals, its value in USD on the first day, its daily volatility."""

    decimals: int
    usd: float
    volatility: float


# USD is the default reporting currency and needs no rate; JPY has no minor unit, KWD has three decimals.
CURRENCIES: Mapping[str, Currency] = {
    "USD": Currency(2, 1.0, 0.0),
    "EUR": Currency(2, 1.09, 0.0040),
    "GBP": Currency(2, 1.27, 0.0045),
    "JPY": Currency(0, 0.0067, 0.0055),
    "KWD": Currency(3, 3.25, 0.0006),
}
REPORTING = "USD"
# Rates before the first day, so that a first-day payment has one in every reporting time zone and on a weekend.
DAYS_OF_HISTORY = 7
# Share of rates that are revised the day after.
REVISED = 0.02


def minor_units(usd: np.ndarray, currency: np.ndarray) -> np.ndarray:
    """Amounts of USD as whole minor units of each row's currency, at the price lists' fixed rates."""
    unit = pd.Series({code: 10**known.decimals / known.usd for code, known in CURRENCIES.items()})
    return np.rint(usd * unit.reindex(np.asarray(currency)).to_numpy()).astype(np.int64)


def exchange_rates_feed(world: World) -> pd.DataFrame:
    """The feed `exchange_rates`: USD per unit, a random walk, on working days and in the week before the first day."""
    rng = world.rng("exchange_rates")
    days = world.dates[0] - DAYS_OF_HISTORY + np.arange(world.days + DAYS_OF_HISTORY)
    open_days = np.is_busday(days) | (days < world.dates[0])
    frames = []
    for code, currency in CURRENCIES.items():
        walk = currency.usd * np.exp(np.cumsum(rng.normal(0.0, currency.volatility, len(days))))
        if code != REPORTING:
            frames.append(pd.DataFrame({"day": days[open_days], "currency": code, "rate": walk[open_days]}))
    published = pd.concat(frames, ignore_index=True)
    published["updated_at"] = np.maximum(published["day"].to_numpy().astype("datetime64[ms]"), world.first) + HOUR * 6
    revised = published[rng.random(len(published)) < REVISED].copy()
    revised["rate"] *= 1 + rng.normal(0.0, 0.001, len(revised))
    revised["updated_at"] += DAY
    rates = pd.concat([published, revised], ignore_index=True)
    return pd.DataFrame(
        {
            "rate_date": days_text(rates["day"].to_numpy()),
            "currency": rates["currency"],
            "rate": rates["rate"].round(8),
            "updated_at": rates["updated_at"],
        }
    )
