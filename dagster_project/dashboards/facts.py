"""What a page says of the release it shows: its id, its days, the domains held back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import duckdb


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

    @property
    def held_back(self) -> list[Domain]:
        """The domains whose figures are older than the release."""
        return [domain for domain in self.domains.values() if domain.is_held_back]

    def as_of_domain(self, name: str) -> date:
        """The day up to which a domain reports."""
        domain = self.domains.get(name)
        return domain.as_of if domain and domain.as_of else self.as_of


def read_facts(connection: duckdb.DuckDBPyConnection) -> Facts:
    """The newest row of ops.releases, which is the release's own, and ops.domain_freshness."""
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
    )
