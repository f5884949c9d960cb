"""The figures that are forecast: one file each in figures/."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from dagster_project.forecasts.predict import Kind

FOLDER = Path(__file__).with_name("figures")


@dataclass(frozen=True)
class Figure:
    """A figure of a domain's tables, one series for each subject.

    `sql` yields `subject`, `period` (a day of the reporting time zone, or the first of a month) and `value`; it may use
    the macro local_day(timestamp). A period without a row is zero of a count or an amount, and of a rate or a level
    what it was before. `used_for` is what the monitoring strategy calls it.
    """

    name: str
    domain: str
    grain: Literal["day", "month"]
    kind: Kind
    used_for: str
    sql: str


def read_figures() -> list[Figure]:
    """Every figure, by name."""
    files = sorted(FOLDER.glob("*.yml"))
    return [Figure(name=file.stem, **yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files]
