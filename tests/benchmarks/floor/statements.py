"""The floor's scripts as statements: which tables and macros they make, and what each of them needs."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = ("landing.sql", "product.sql", "finance.sql", "platform.sql", "security.sql")
_CREATE = re.compile(
    r"^create (temp )?(table|macro) ((?:\w+\.)?(\w+)(?:\([^)]*\))?)( as.*?);$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Statement:
    """`create <kind> <full_name><body>`; `name` is the bare name, `needs`: earlier ones it names."""

    is_temporary: bool
    kind: str
    full_name: str
    name: str
    body: str
    needs: tuple[str, ...]

    @property
    def schema(self) -> str | None:
        """Where the table is published; None for what is needed on the way only."""
        return self.full_name.split(".")[0] if "." in self.full_name else None

    @property
    def sql(self) -> str:
        """The statement as it stands in the script."""
        return f"create {'temp ' if self.is_temporary else ''}{self.kind} {self.full_name}{self.body}"


def statements() -> list[Statement]:
    """All statements of the scripts, in order."""
    scripts = "\n".join((Path(__file__).parent / script).read_text(encoding="utf-8") for script in SCRIPTS)
    found: list[Statement] = []
    for temporary, kind, full_name, name, body in _CREATE.findall(scripts):
        needs = tuple(one.name for one in found if re.search(rf"\b{one.name}\b", body))
        found.append(Statement(bool(temporary), kind, full_name, name, body, needs))
    return found


def statements_of(tables: Collection[str]) -> list[Statement]:
    """Those that the tables (`schema.name`) are made with, in order."""
    wanted: set[str] = set()
    kept = []
    for statement in reversed(statements()):
        if statement.full_name in tables or statement.name in wanted:
            wanted |= set(statement.needs)
            kept.append(statement)
    return kept[::-1]
