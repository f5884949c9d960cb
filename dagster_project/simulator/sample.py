"""A whole sample: every generator in turn, its rows delivered into the landing zone, the truth beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pandas as pd

from dagster_project.simulator import truth
from dagster_project.simulator.disturbances import deliver
from dagster_project.simulator.feeds import FEEDS
from dagster_project.simulator.generation import generate
from dagster_project.simulator.landing_writer import staged, write_feed
from dagster_project.simulator.world import SAMPLE_END, World


@dataclass(frozen=True)
class FeedTotals:
    """What was written of one feed: lines = rows (distinct and sound) + repeated_rows + malformed_lines."""

    lines: int
    rows: int
    repeated_rows: int
    malformed_lines: int
    late_rows: int
    files: int
    bytes: int


@dataclass(frozen=True)
class SampleSummary:
    """What a sample wrote: its days, the totals of every feed, the file that holds the planted truth."""

    start: date
    end: date
    feeds: dict[str, FeedTotals]
    truth: Path

    @property
    def lines(self) -> int:
        return sum(feed.lines for feed in self.feeds.values())

    @property
    def bytes(self) -> int:
        return sum(feed.bytes for feed in self.feeds.values())


def simulate(
    landing: Path, users: int, days: int, seed: int, start: date | None = None, report: Callable[[str], None] = print
) -> SampleSummary:
    """Writes a sample of all 20 feeds into `landing`, and `sample_truth.json` beside it.

    `users` people register within `days` days from `start` (default: such that the last day is `SAMPLE_END`). The same
    arguments write the same bytes. Nothing is visible before everything is written; the truth file comes last. Files of
    other days and names stay. Raises ValueError on arguments below their least value.
    """
    world = World(users, days, seed, start or SAMPLE_END - timedelta(days=days - 1))
    report(f"sample: {users:,} users over {days} days, {world.start} to {world.last_date}, seed {seed}")
    facts: dict[str, object] = {}
    totals: dict[str, FeedTotals] = {}
    with duckdb.connect() as renderer, staged(landing) as stage:
        for feed, frame in generate(world, facts):
            totals[feed] = _write(stage, renderer, world, feed, frame)
            report(f"sample: {feed}: {totals[feed].lines:,} lines in {totals[feed].files} files")
    facts["feeds"] = {feed: asdict(of_feed) for feed, of_feed in totals.items()}
    return SampleSummary(world.start, world.last_date, totals, truth.write_truth(landing, world, facts))


def _write(
    stage: Path, renderer: duckdb.DuckDBPyConnection, world: World, feed: str, frame: pd.DataFrame
) -> FeedTotals:
    file = FEEDS[feed]
    delivery = deliver(world, feed, file, frame)
    files, size = write_feed(stage, renderer, world, feed, file, delivery)
    return FeedTotals(
        lines=len(delivery.lines),
        rows=delivery.rows,
        repeated_rows=delivery.repeated,
        malformed_lines=delivery.malformed,
        late_rows=delivery.late,
        files=files,
        bytes=size,
    )
