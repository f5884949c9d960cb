"""The page of promises: what users may rely on, what proves it, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from dagster_project.settings import PROJECT_ROOT

FILE = Path(__file__).with_name("promises.yml")
STORMS_FILE = PROJECT_ROOT / "tests" / "storms" / "figures.yml"  # written by tests/storms/record.py


@dataclass(frozen=True)
class Promise:
    """One promise; `tests` are pytest's names of what proves it, `limits` says what is not promised."""

    promise: str
    proof: str
    tests: tuple[str, ...]
    limits: str


def promises() -> list[Promise]:
    """All promises, in the order of the file."""
    entries = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [Promise(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


@dataclass(frozen=True)
class Storm:
    """The last run of `make <name>`: how its tests ended, and what they counted, by name."""

    name: str
    ended_on: date
    minutes: int
    passed: int
    failed: int
    counted: Mapping[str, int]


def storms() -> list[Storm]:
    """The last runs of the tests that take too long for every change, in the order of their names."""
    entries = yaml.safe_load(STORMS_FILE.read_text(encoding="utf-8")) if STORMS_FILE.exists() else {}
    return [Storm(name, **entry) for name, entry in sorted(entries.items())]
