"""Who signs in, who attacks, who is allowed what: the feed `security_events`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dagster_project.simulator.activity import PERSON, Activity
from dagster_project.simulator.backend import addresses
from dagster_project.simulator.columns import blank, identifiers, joined
from dagster_project.simulator.incidents import Incident, of_kind
from dagster_project.simulator.population import Population
from dagster_project.simulator.world import HOUR, MINUTE, World, span

LOGIN_FAILS = 0.06
MFA_SHARE, MFA_FAILS = 0.35, 0.03
LOGOUT_SHARE = 0.3
RESET_AFTER_FAILURE = 0.25
SECOND = np.timedelta64(1000, "ms")
# Failed logins of one brute-force source per incident, and the share that guesses right.
GUESSES = (60, 260)
GUESSED_RIGHT = 0.004
# Events of other types per 1,000 sessions: outcome, target (None: no target).
OTHERS = {
    "access_denied": (6.0, "failure", "group"),
    "privilege_change": (1.5, "success", "role"),
    "data_export": (2.5, "success", "report"),
    "policy_violation": (0.8, "failure", "policy"),
}
# An account that signs in at home and, within the hour, from a country that no plane reaches in time.
IMPOSSIBLE_TRAVELS_PER_30_DAYS = 1.0
FAR_AWAY = {"US": "JP", "JP": "US"}
FAR_FROM_ELSEWHERE = "BR"


def draw_attacks(world: World, population: Population, incidents: Sequence[Incident]) -> pd.DataFrame:
    """The logins of brute-force sources: source (number), ip, at, user tried, is_success. A source strikes once."""
    rng = world.rng("attacks")
    frames = []
    for number, incident in enumerate(of_kind(incidents, "brute_force")):
        size = int(rng.integers(*GUESSES))
        frames.append(
            pd.DataFrame(
                {
                    "source": number,
                    "at": incident.begins + np.sort(span(rng, SECOND, incident.ends - incident.begins, size)),
                    "user": rng.integers(0, world.users, size),
                    "is_success": rng.random(size) < GUESSED_RIGHT,
                }
            )
        )
    attacks = pd.concat(frames, ignore_index=True)
    # Addresses of the documentation range (RFC 5737), so that nobody's address is accused.
    attacks["ip"] = np.asarray(joined("203.0.113.", 1 + attacks["source"] % 254))
    exists = population.of("registered_at", attacks["user"]) < attacks["at"].to_numpy()
    attacks["user"] = np.where(exists, attacks["user"], -1)
    attacks["is_success"] &= exists
    return attacks


def draw_travels(world: World, population: Population, activity: Activity) -> pd.DataFrame:
    """Impossible travels: user, home_at (a login at home), away_at (minutes later, far away), country."""
    rng = world.rng("impossible travel")
    sessions = activity.sessions
    logins = sessions[sessions["logs_in"] & (sessions["kind"] == PERSON)]
    size = min(len(logins), max(1, round(world.days / 30 * IMPOSSIBLE_TRAVELS_PER_30_DAYS)))
    struck = logins.iloc[np.sort(rng.choice(len(logins), size, replace=False))] if size else logins
    away_at = struck["at"] + span(rng, 15 * MINUTE, 50 * MINUTE, size)
    country = struck["country"].map(FAR_AWAY).fillna(FAR_FROM_ELSEWHERE)
    travels = pd.DataFrame({"user": struck["user"], "home_at": struck["at"], "away_at": away_at, "country": country})
    return travels[travels["away_at"] < world.end].reset_index(drop=True)


def security_events_feed(
    world: World, activity: Activity, attacks: pd.DataFrame, travels: pd.DataFrame
) -> pd.DataFrame:
    """Every security event, in order of time."""
    rng = world.rng("security_events")
    sessions = activity.sessions
    logins = sessions[sessions["logs_in"] & (sessions["kind"] == PERSON)]
    people = sessions[sessions["kind"] == PERSON]
    frames = [*_sign_ins(rng, logins), _attack_rows(attacks), _travel_rows(travels)]
    frames += [_others(rng, people, event_type, *settings) for event_type, settings in OTHERS.items()]
    events = pd.concat(frames, ignore_index=True).sort_values("occurred_at", kind="stable", ignore_index=True)
    events.insert(0, "security_event_id", identifiers("sec-", np.arange(len(events)), 8))
    return events


def _rows(sessions: pd.DataFrame, at: np.ndarray, event_type: str, outcome: object) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "occurred_at": at,
            "event_type": event_type,
            "outcome": outcome,
            "user_id": identifiers("u-", sessions["user"].to_numpy()),
            "ip": np.asarray(addresses(sessions["visitor"])),
            "country": sessions["country"].to_numpy(),
        }
    )


def _sign_ins(rng: np.random.Generator, logins: pd.DataFrame) -> list[pd.DataFrame]:
    """Each login (some fail first, some of those reset the password), second factors, and logouts."""
    at, size = logins["at"].to_numpy(), len(logins)
    fails = rng.random(size) < LOGIN_FAILS
    resets = fails & (rng.random(size) < RESET_AFTER_FAILURE)
    asked = rng.random(size) < MFA_SHARE
    leaves = rng.random(size) < LOGOUT_SHARE
    mfa = np.where(rng.random(int(asked.sum())) < MFA_FAILS, "failure", "success")
    succeeded_at = at + fails.astype(int) * 20 * SECOND
    return [
        _rows(logins, succeeded_at, "login", "success"),
        _rows(logins[fails], at[fails], "login", "failure"),
        _rows(logins[resets], at[resets] + 10 * SECOND, "password_reset", "success"),
        _rows(logins[asked], succeeded_at[asked] + 5 * SECOND, "mfa", mfa),
        _rows(logins[leaves], at[leaves] + span(rng, 2 * MINUTE, HOUR, int(leaves.sum())), "logout", "success"),
    ]


def _attack_rows(attacks: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "occurred_at": attacks["at"].to_numpy(),
            "event_type": "login",
            "outcome": np.where(attacks["is_success"], "success", "failure"),
            "user_id": identifiers("u-", attacks["user"].to_numpy()),
            "ip": attacks["ip"].to_numpy(),
            "country": "XX",
        }
    )


def _travel_rows(travels: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "occurred_at": travels["away_at"].to_numpy(),
            "event_type": "login",
            "outcome": "success",
            "user_id": identifiers("u-", travels["user"].to_numpy()),
            "ip": np.asarray(joined("198.51.100.", 1 + travels.index % 254)),
            "country": travels["country"].to_numpy(),
        }
    )


def _others(
    rng: np.random.Generator, people: pd.DataFrame, event_type: str, per_1000: float, outcome: str, target: str
) -> pd.DataFrame:
    struck = people[rng.random(len(people)) < per_1000 / 1000]
    at = struck["at"].to_numpy() + span(rng, SECOND, 10 * MINUTE, len(struck))
    rows = _rows(struck, at, event_type, outcome)
    rows["target"] = joined(target, ":", rng.integers(1, 20, len(struck)))
    rows["details"] = blank(joined('{"session":', struck.index, "}"), rng.random(len(struck)) < 0.3)
    return rows
