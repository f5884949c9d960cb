"""The alert rules: one file each in rules/, tuned by `alerts.yml` of a home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from pathlib import Path
from typing import Any

import yaml

from dagster_project.settings import SettingsError

FOLDER = Path(__file__).with_name("rules")
Limit = int | float
# Subjects that stand for people, by the kinds of the macro security_subject.
PEOPLE = "^(user|actor|source|target) "


class Priority(StrEnum):
    """How urgent an alert is; the response times are those of the monitoring strategy."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"

    @property
    def response_time(self) -> str:
        """Within what somebody is to respond."""
        return {"P0": "15 minutes", "P1": "1 hour", "P2": "4 hours", "P3": "next business day"}[self]


@dataclass(frozen=True)
class Rule:
    """What is looked for in the tables of a domain.

    `sql` yields observations: `subject` (what it is about), `began_at` and `ended_at` (UTC timestamps), `is_bad`
    (boolean), `badness` (the higher the worse), `detail` (in words). It may ask for `$since` (where the period looked
    at begins, UTC), `$as_of` (the last day of the domain's tables) and its own `limits` by name, and for the macros
    local_day(timestamp), day_begins(day) and day_ends(day) of the reporting time zone. What is bad again within
    `joins_hours` is one alert, unless a good observation lies between; of fewer than the limit `in_a_row`, none.
    """

    name: str
    domain: str
    priority: Priority
    title: str
    why: str
    remedy: str
    sql: str
    joins_hours: int
    limits: Mapping[str, Limit]


def read_rules(tuning: Mapping[str, Any] | None = None) -> list[Rule]:
    """Every rule, most urgent first, as tuned: by name `off` (False), or new values of some of its limits.

    Raises SettingsError where the tuning names no rule, no limit of it, or no number.
    """
    rules = {file.stem: _rule(file) for file in sorted(FOLDER.glob("*.yml"))}
    for name, tuned in (tuning or {}).items():
        if name not in rules:
            raise SettingsError(f"rules: {name} is no alert rule; known are {', '.join(rules)}")
        if tuned is False:
            del rules[name]
        else:
            rules[name] = replace(rules[name], limits=_tuned(rules[name], tuned))
    return sorted(rules.values(), key=lambda rule: (rule.priority, rule.name))


def _rule(file: Path) -> Rule:
    given = yaml.safe_load(file.read_text(encoding="utf-8"))
    priority = Priority(given.pop("priority"))
    return Rule(name=file.stem, priority=priority, **{"joins_hours": 0, "limits": {}, **given})


def _shown(rule: Rule) -> str:
    """Its limits as they are written in a file."""
    return "{" + ", ".join(f"{name}: {value}" for name, value in rule.limits.items()) + "}"


def _tuned(rule: Rule, tuned: object) -> dict[str, Limit]:
    if not isinstance(tuned, dict):
        raise SettingsError(f"rules: {rule.name}: expected off, or limits such as {_shown(rule)}, found {tuned!r}")
    for limit, value in tuned.items():
        if limit not in rule.limits:
            known = ", ".join(rule.limits) or "none"
            raise SettingsError(f"rules: {rule.name}: {limit} is no limit of it; known are {known}")
        # a limit that is a fraction by default stays one: 5 for 5 % would be no rule at all
        most = 1 if rule.limits[limit] < 1 else inf
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
            wanted = "a fraction from 0 to 1" if most == 1 else "a number from 0 on"
            raise SettingsError(f"rules: {rule.name}: {limit}: expected {wanted}, found {value!r}")
    return {**rule.limits, **tuned}
