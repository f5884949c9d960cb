"""Which release was current when: a line for each switch, in `work/switches.jsonl`.

The link to the current release is the truth and its own time that of the last switch; a line that a killed process did
not write is added by the next switch. What was before the first line, the releases' own times tell.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from dagster_project.settings import Settings
from dagster_project.warehouse.release import files as release_files


@dataclass(frozen=True, order=True)
class Switch:
    """From when on (UTC) which release was current."""

    at: datetime
    release_id: str


def note_switch(settings: Settings) -> None:
    """Write down the last switch, if it is not yet; the caller holds the writer lock."""
    last = _last_switch(settings)
    noted = _noted(settings)
    if last is None or (noted and noted[-1].release_id == last.release_id):
        return
    settings.switches.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(settings.switches, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        file.write(json.dumps({"at": last.at.isoformat(), "release_id": last.release_id}) + "\n")
        file.flush()
        os.fsync(file.fileno())


def current_at(settings: Settings, moment: datetime, published: Iterable[Switch]) -> str | None:
    """The release that readers got at a moment (UTC), or None where there was none yet.

    `published` are the releases with the times at which they became current first.
    """
    noted = _noted(settings)
    last = _last_switch(settings)
    noted += [last] if last and (not noted or noted[-1].release_id != last.release_id) else []
    begin = noted[0].at if noted else datetime.max
    switches = [*sorted(switch for switch in published if switch.at < begin), *noted]
    position = bisect_right([switch.at for switch in switches], moment)
    return switches[position - 1].release_id if position else None


def _noted(settings: Settings) -> list[Switch]:
    """The lines, without one that was cut."""
    if not settings.switches.exists():
        return []
    lines = settings.switches.read_text(encoding="utf-8").splitlines()
    noted = [json.loads(line) for line in lines if line.endswith("}")]
    return [Switch(datetime.fromisoformat(one["at"]), one["release_id"]) for one in noted]


def _last_switch(settings: Settings) -> Switch | None:
    current = release_files.current_id(settings)
    if current is None:
        return None
    made_at = settings.current_release.lstat().st_mtime
    return Switch(datetime.fromtimestamp(made_at, UTC).replace(tzinfo=None), current)
