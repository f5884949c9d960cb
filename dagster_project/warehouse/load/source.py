"""A delivery that is being loaded, and what its feed asks of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.load.landing import Delivery
from dagster_project.warehouse.load.reading import HashingFile

# A timestamp may be this much later than the end of its delivery day (interface.md section 2).
CLOCK_TOLERANCE = timedelta(hours=24)


@dataclass
class Source:
    """A delivery that is being read, and what reading it told: its hash, its physical records, why it is broken."""

    file_id: int
    delivery: Delivery
    sha256: str = ""
    records: int = 0
    broken: str | None = None
    vanished: bool = False

    @property
    def latest(self) -> datetime:
        return datetime.combine(self.delivery.dt + timedelta(days=1), time()) + CLOCK_TOLERANCE

    @contextmanager
    def open(self) -> Iterator[HashingFile]:
        """The file while it is read; whatever becomes of that, `sha256` is then of the bytes that were judged."""
        with self.delivery.open() as opened:
            file = HashingFile(opened)
            try:
                yield file
            finally:
                self.sha256 = file.hash_to_end()


@dataclass(frozen=True)
class Columns:
    """The names of a feed's columns: all, and those that a CSV header or Parquet schema must have."""

    known: frozenset[str]
    required: frozenset[str]

    @classmethod
    def of(cls, feed: Feed) -> Columns:
        return cls(frozenset(c.name for c in feed.columns), frozenset(c.name for c in feed.columns if c.required))


def content_hash(delivery: Delivery) -> str:
    """SHA-256 of the file's bytes."""
    with delivery.open() as file:
        return HashingFile(file).hash_to_end()
