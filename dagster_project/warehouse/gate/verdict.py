"""What the gate says of one candidate: the checks, the domains held back, and which content was judged."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.warehouse.build.results import Build
from dagster_project.warehouse.contract import people_columns, read_contracts
from dagster_project.warehouse.fingerprint import Fingerprint

# Folders of the dbt project, published schemas and rows of ops.domain_freshness, in this order.
DOMAINS = ("product", "finance", "platform", "security", "ops")
# Of the rows that a check found, as examples.
ROWS_SHOWN, CHARACTERS_SHOWN = 3, 160


def rows_in_words(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Some rows that a check found, in one line, without who they are of: `day 2024-03-02, currency CHF; day …`."""
    people = people_columns(read_contracts().values())
    return "; ".join(
        ", ".join(
            f"{name} {shortened(str(value))}" for name, value in zip(columns, row, strict=True) if name not in people
        )
        for row in islice(rows, ROWS_SHOWN)
    )


def shortened(text: str) -> str:
    """The text, or its beginning and three dots."""
    return text if len(text) <= CHARACTERS_SHOWN else f"{text[:CHARACTERS_SHOWN]}..."


@dataclass(frozen=True)
class Check:
    """One check of one run, named uniquely; a failing one of severity `error` holds its domain back."""

    check_name: str
    domain: str
    tool: str  # 'dbt' or 'great_expectations'
    severity: str  # 'error' or 'warn'
    passed: bool
    observed: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Rule:
    """How a table is compared with its former release, see restatement_rules.py.

    `key` are the columns that make a row unique, `feeds` what the table is made of; `names_people` where the key does.
    """

    key: list[str]
    feeds: list[str] = field(default_factory=list)
    names_people: bool = False
    closes_on: str | None = None
    averages: list[str] = field(default_factory=list)
    tolerance: float | None = None
    floors: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The gate's judgement of exactly one candidate.

    `tables` names the tables that each domain publishes, `fingerprints` what was in those that exist,
    `held_back` the domains that keep their last release, with the reason in words; `rules` how the publish step
    compares the tables with the release before; `build_id` is the build that made the candidate.
    """

    as_of: date
    tables: dict[str, list[str]]
    fingerprints: dict[str, Fingerprint]
    checks: list[Check]
    held_back: dict[str, str]
    rules: dict[str, Rule] = field(default_factory=dict)
    build_id: str | None = None


def verdict_file(settings: Settings) -> Path:
    """Where the gate leaves its verdict for the publish step."""
    return settings.work / "verdict.json"


def write_verdict(settings: Settings, verdict: Verdict) -> None:
    """Write the verdict in one rename, readable by its owner alone."""
    file = verdict_file(settings)
    draft = file.with_name(".verdict.json.tmp")
    draft.write_text(json.dumps(asdict(verdict), indent=1, default=str), encoding="utf-8")
    draft.chmod(0o600)
    os.replace(draft, file)


def read_verdict(settings: Settings) -> Verdict | None:
    """The verdict that lies in the home, or None. Raises ValueError, TypeError or KeyError when it is no verdict."""
    file = verdict_file(settings)
    if not file.exists():
        return None
    content = json.loads(file.read_text(encoding="utf-8"))
    return Verdict(
        as_of=date.fromisoformat(content["as_of"]),
        tables=content["tables"],
        fingerprints={table: Fingerprint(**found) for table, found in content["fingerprints"].items()},
        checks=[Check(**check) for check in content["checks"]],
        held_back=content["held_back"],
        rules={table: Rule(**rule) for table, rule in content["rules"].items()},
        build_id=content.get("build_id"),
    )


def verdict_before(settings: Settings, build: Build) -> Verdict | None:
    """The verdict on the build on which this one is based; None where the gate judged another one, or none."""
    try:
        verdict = read_verdict(settings)
    except (ValueError, TypeError, KeyError):
        return None
    return verdict if verdict and build.based_on and verdict.build_id == build.based_on else None
