"""What travels through an erasure: whose it is, in which home, what a killed one needs to be completed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from dagster_project.privacy.books import Rewritten
from dagster_project.privacy.person import Person
from dagster_project.settings import Settings

Report = Callable[[str], None]


@dataclass(frozen=True)
class Count:
    """What one place lost, or would lose: records or rows, and texts that lost a value."""

    place: str
    what: str
    removed: int = 0
    redacted: int = 0


@dataclass(frozen=True)
class Erasure:
    """One erasure: whose, where, whom to tell, and how to complete it."""

    settings: Settings
    person: Person
    report: Report
    journal: Journal


@dataclass(frozen=True)
class Journal:
    """What a killed erasure needs to be completed: the values, some of which are gone already, and the files rewritten.

    It lies in the home under its owner's eyes alone and is removed at the end. First line: the values, and what was
    found of them before anything was changed; then one line for each landing file, written before the file is.
    """

    path: Path

    def begin(self, person: Person, counts: list[Count]) -> None:
        """Write down what is about to go."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        values = {name: sorted(getattr(person, name)) for name in ("ids", "values", "hashes")}
        write_private(self.path, json.dumps({"person": values, "counts": [asdict(c) for c in counts]}) + "\n")

    def begun(self) -> tuple[Person, list[Count]] | None:
        """Whom a killed erasure was about and what it had found, or None where there was none."""
        lines = self._lines()
        if not lines:
            return None
        content = json.loads(lines[0])
        person = Person(**{name: frozenset(values) for name, values in content["person"].items()})
        return person, [Count(**count) for count in content["counts"]]

    def note(self, rewritten: Rewritten) -> None:
        """Write down a file that is about to be rewritten; on disk before the file is."""
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(rewritten)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def rewritten(self) -> list[Rewritten]:
        """The landing files that were, or were about to be, rewritten; of a file noted twice the last note."""
        noted = [json.loads(line) for line in self._lines()[1:] if line.endswith("}")]
        entries = [Rewritten(**one | {"removed": tuple(one["removed"])}) for one in noted]
        return list({(one.feed, one.dt, one.file): one for one in entries}.values())

    def end(self) -> None:
        """The erasure is complete."""
        self.path.unlink(missing_ok=True)

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []


def write_private(path: Path, text: str) -> None:
    """Write a file in one rename, readable by its owner alone."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
