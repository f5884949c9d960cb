"""What an erasure removed where: printed, and kept in the home without naming the person."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from dagster_project.privacy.context import Count, write_private
from dagster_project.settings import Settings


@dataclass(frozen=True)
class Receipt:
    """One erasure: the keyed hash of the user id, what each place lost, and what has to be removed by hand."""

    person: str
    erased_at: datetime
    is_dry: bool
    counts: list[Count]
    left: list[str] = field(default_factory=list)

    @property
    def removed(self) -> int:
        """Records and rows that went."""
        return sum(count.removed for count in self.counts)

    @property
    def redacted(self) -> int:
        """Records, rows and lines that lost a value."""
        return sum(count.redacted for count in self.counts)


def write_receipt(settings: Settings, receipt: Receipt) -> Path:
    """Keep the receipt under `work/receipts`, readable by its owner alone."""
    settings.receipts.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = settings.receipts / f"{receipt.erased_at:%Y%m%dT%H%M%SZ}-{receipt.person[:12]}.json"
    write_private(file, json.dumps(asdict(receipt), indent=1, default=str) + "\n")
    return file
