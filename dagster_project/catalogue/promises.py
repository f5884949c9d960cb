"""The page of promises: what users may rely on, what proves it, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("promises.yml")


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
