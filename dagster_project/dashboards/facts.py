"""What a page says of the release it shows: its id, its days, the domains held back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from dagster_project.warehouse.watch.watched import Provisional, provisional_in_words, read_provisional


@dataclass(frozen=True)
class Domain:
    """Where a domain's tables come from; `as_of` is None where it was never published."""

    name: str
    as_of: date | None
    is_held_back: bool
    reason: str | None


@dataclass(frozen=True)
class Facts:
    """One release."""

    release_id: str
    as_of: date
    published_at: datetime
    domains: dict[str, Domain]
    tables: frozenset[str]
    provisional: tuple[Provisional, ...]

    @property
    def held_back(self) -> list[Domain]:
        """The domains whose figures are older than the release."""
        return [domain for domain in self.domains.values() if domain.is_held_back]

    def as_of_domain(self, name: str) -> date:
        """The day up to which a domain reports."""
        domain = self.domains.get(name)
        return domain.as_of if domain and domain.as_of else self.as_of

    def provisional_from(self, tables: Collection[str]) -> date | None:
        """The first day of which figures of any of these tables lack deliveries."""
        return min((one.from_date for one in self.provisional if one.table in tables), default=None)

    @property
    def provisional_domains(self) -> dict[str, str]:
        """By domain, what of it is provisional and why."""
        return provisional_in_words(self.provisional)


def read_facts(connection: duckdb.DuckDBPyConnection) -> Facts:
    """The newest row of ops.releases, which is the release's own, ops.domain_freshness and ops.provisional_periods."""
    release_id, as_of, published_at = connection.execute(
        "select release_id, as_of, published_at from ops.releases order by release_id desc limit 1"
    ).fetchall()[0]
    rows = connection.execute("select domain, as_of, is_held_back, reason from ops.domain_freshness").fetchall()
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    return Facts(
        release_id=release_id,
        as_of=as_of,
        published_at=published_at,
        domains={row[0]: Domain(*row) for row in rows},
        tables=frozenset(name for (name,) in tables),
        provisional=tuple(read_provisional(connection)),
    )
