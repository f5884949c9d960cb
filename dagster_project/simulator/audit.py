"""What staff and systems do with customers' data: the feed `audit_log`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dagster_project.simulator.columns import blank, identifiers, joined, pick
from dagster_project.simulator.population import Population
from dagster_project.simulator.world import DAY, HOUR, World, span

STAFF = {
    "support-anna": 5.0,
    "support-ben": 5.0,
    "support-chen": 4.0,
    "support-dana": 3.0,
    "finance-emil": 2.0,
    "admin-fay": 1.0,
}
SYSTEMS = {"system-billing": 2.0, "system-erasure": 0.2}
ACTIONS = {"read": 0.72, "update": 0.18, "export": 0.05, "create": 0.04, "delete": 0.01}
OBJECTS = {"customer": 0.55, "payment": 0.25, "meter": 0.1, "group": 0.1}
PURPOSES = {"support ticket": 0.7, "billing question": 0.2, "fraud check": 0.1}
PERSONAL = ("customer", "payment")
# Actions of staff per working day, by number of users (and at least these); systems act every night.
ACTIONS_PER_USER, LEAST_ACTIONS = 0.03, 15
NIGHT_JOBS = 6
PURPOSE_MISSING = 0.05
DENIED = 0.01


def audit_log_feed(world: World, population: Population) -> pd.DataFrame:
    """Staff in working hours of working days, systems at night; a purpose is missing now and then, on exports too."""
    rng = world.rng("audit_log")
    mean = np.where(np.is_busday(world.dates), max(LEAST_ACTIONS, ACTIONS_PER_USER * world.users), 2.0)
    staff = _actions(world, rng, rng.poisson(mean), STAFF, 7 * HOUR, 17 * HOUR)
    systems = _actions(world, rng, np.full(world.days, NIGHT_JOBS), SYSTEMS, HOUR, 3 * HOUR)
    systems = systems[systems["action"] != "export"].assign(purpose="nightly job")
    log = pd.concat([staff, systems], ignore_index=True).sort_values("occurred_at", kind="stable", ignore_index=True)
    log.insert(0, "audit_id", identifiers("aud-", np.arange(len(log)), 7))
    return log


def _actions(
    world: World,
    rng: np.random.Generator,
    per_day: np.ndarray,
    actors: dict[str, float],
    opens: np.timedelta64,
    closes: np.timedelta64,
) -> pd.DataFrame:
    day = np.repeat(np.arange(world.days), per_day)
    size = len(day)
    kind = np.asarray(pick(rng, OBJECTS, size))
    purpose = blank(np.asarray(pick(rng, PURPOSES, size)), rng.random(size) < PURPOSE_MISSING)
    return pd.DataFrame(
        {
            "occurred_at": world.first + day * DAY + span(rng, opens, closes, size),
            "actor": np.asarray(pick(rng, actors, size)),
            "action": np.asarray(pick(rng, ACTIONS, size)),
            "object_type": kind,
            "object_id": joined(kind, "-", rng.integers(0, world.users, size)),
            "purpose": purpose,
            "outcome": np.where(rng.random(size) < DENIED, "failure", "success"),
            "contains_pii": np.isin(kind, PERSONAL),
        }
    )
