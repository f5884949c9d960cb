"""What is true of a sample: totals and planted facts, for tests to compare with what the warehouse finds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dagster_project.simulator.events import PASSIVE
from dagster_project.simulator.incidents import Incident
from dagster_project.simulator.population import Population
from dagster_project.simulator.world import World

FILE_NAME = "sample_truth.json"


def instant(value: object) -> str:
    """An instant as ISO 8601 in UTC, to the second."""
    return f"{pd.Timestamp(value):%Y-%m-%dT%H:%M:%SZ}"


def incident_facts(incidents: Iterable[Incident]) -> list[dict[str, object]]:
    """Every incident: kind, feeds, from, to (exclusive) and what it struck."""
    return [
        {"kind": one.kind, "feeds": list(one.feeds), "from": instant(one.begins), "to": instant(one.ends), **one.place}
        for one in incidents
    ]


def brute_force_facts(attacks: pd.DataFrame) -> list[dict[str, object]]:
    """Every brute-force source: ip, from, to, attempts, failures."""
    sources = attacks.groupby("ip", sort=False).agg(
        begins=("at", "min"), ends=("at", "max"), attempts=("at", "size"), successes=("is_success", "sum")
    )
    return [
        {
            "ip": ip,
            "from": instant(row.begins),
            "to": instant(row.ends),
            "attempts": int(row.attempts),
            "failures": int(row.attempts - row.successes),
        }
        for ip, row in sources.iterrows()
    ]


def travel_facts(travels: pd.DataFrame) -> list[dict[str, object]]:
    """Every impossible travel: user, country, the login at home and the one far away."""
    return [
        {
            "user_id": f"u-{row.user:06d}",
            "country": row.country,
            "home_at": instant(row.home_at),
            "away_at": instant(row.away_at),
        }
        for row in travels.itertuples()
    ]


def marked_users(population: Population, mark: str) -> list[str]:
    """The ids of test users (`is_test`) or of accounts that bots use (`is_bot`)."""
    return [f"u-{number:06d}" for number in np.flatnonzero(population.people[mark])]


def purposeless_exports(audit_log: pd.DataFrame) -> list[str]:
    """The audit ids of exports of personal data without a purpose."""
    exports = audit_log[(audit_log["action"] == "export") & audit_log["contains_pii"] & audit_log["purpose"].isna()]
    return list(exports["audit_id"])


def registrations_per_day(users: pd.DataFrame) -> dict[str, int]:
    """UTC day: people who registered, test users included."""
    return _counts(users.drop_duplicates("user_id")["registered_at"])


def active_users_per_day(events: pd.DataFrame, test_users: Sequence[str]) -> dict[str, int]:
    """UTC day: distinct users with an event that is not passive, not of a bot, not of a test user."""
    counted = events[
        events["user_id"].notna()
        & ~events["event_name"].isin(list(PASSIVE))
        & ~events["is_bot"].astype(bool)
        & ~events["user_id"].isin(list(test_users))
    ]
    day = counted["event_at"].dt.floor("D")
    return _counts(pd.DataFrame({"user_id": counted["user_id"], "day": day}).drop_duplicates()["day"])


def succeeded_payments(payments: pd.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """UTC month of the attempt, currency: attempts that succeeded, sums of amount_minor and fee_minor."""
    succeeded = payments[payments["status"] == "succeeded"]
    month = succeeded["attempted_at"].dt.strftime("%Y-%m")
    sums = succeeded.groupby([month, "currency"], observed=True).agg(
        attempts=("attempt_id", "size"), amount_minor=("amount_minor", "sum"), fee_minor=("fee_minor", "sum")
    )
    result: dict[str, dict[str, dict[str, int]]] = {}
    for (name, currency), row in sums.iterrows():
        result.setdefault(name, {})[currency] = {key: int(value) for key, value in row.items()}
    return result


def _counts(days: pd.Series) -> dict[str, int]:
    counts = days.dt.strftime("%Y-%m-%d").value_counts().sort_index()
    return {str(day): int(count) for day, count in counts.items()}


def write_truth(landing: Path, world: World, facts: Mapping[str, object]) -> Path:
    """Writes the facts beside the landing zone, as `sample_truth.json`, by one rename."""
    arguments = {
        "users": world.users,
        "days": world.days,
        "seed": world.seed,
        "start": world.start.isoformat(),
        "end": world.last_date.isoformat(),
    }
    target = landing.parent / FILE_NAME
    written = target.with_name(f"_{FILE_NAME}.tmp")
    written.write_text(json.dumps({"arguments": arguments, **facts}, indent=1) + "\n", encoding="utf-8")
    os.replace(written, target)
    return target
