"""What acquisition costs: the feed `marketing_spend`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulator.columns import days_text
from dagster_project.simulator.money import minor_units
from dagster_project.simulator.population import CAMPAIGNS, CHANNELS, campaign_of, registration_weights
from dagster_project.simulator.world import DAY, HOUR, World

# channel: USD per expected registration, billing currency, impressions per USD, clicks per USD
CHANNEL_COSTS = {
    "paid_search": (26.0, "USD", 45, 0.9),
    "paid_social": (21.0, "EUR", 160, 0.7),
    "partner": (14.0, "GBP", 20, 0.3),
    "email": (2.5, "USD", 900, 9.0),
}
# Platforms report yesterday's spend in the night and correct some of it three days later.
REPORTED_AFTER = DAY + 3 * HOUR
CORRECTED, CORRECTED_AFTER = 0.06, 3 * DAY


def marketing_spend_feed(world: World) -> pd.DataFrame:
    """The feed `marketing_spend`: the spend of every day, channel and campaign, reported the night after."""
    rng = world.rng("marketing_spend")
    spent = pd.concat([_channel_spend(world, rng, channel) for channel in CAMPAIGNS], ignore_index=True)
    corrected = spent[rng.random(len(spent)) < CORRECTED].copy()
    corrected["updated_at"] += CORRECTED_AFTER
    corrected["spend_minor"] = (corrected["spend_minor"] * rng.uniform(0.9, 1.05, len(corrected))).astype(np.int64)
    return pd.concat([spent, corrected], ignore_index=True)


def _channel_spend(world: World, rng: np.random.Generator, channel: str) -> pd.DataFrame:
    cost, currency, impressions, clicks = CHANNEL_COSTS[channel]
    expected = world.users * CHANNELS[channel][0] * registration_weights(world)
    usd = cost * expected * rng.lognormal(0.0, 0.2, world.days)
    return pd.DataFrame(
        {
            "spend_date": days_text(world.dates),
            "channel": channel,
            "campaign": campaign_of(np.full(world.days, channel), world.dates),
            "spend_minor": minor_units(usd, np.full(world.days, currency)),
            "currency": currency,
            "impressions": rng.poisson(usd * impressions),
            "clicks": rng.poisson(usd * clicks),
            "updated_at": world.dates.astype("datetime64[ms]") + REPORTED_AFTER,
        }
    )
