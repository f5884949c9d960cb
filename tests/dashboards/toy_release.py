"""A release file with every table of the public interface, filled with believable figures that are the same each time.

As of 18 October 2026: October is running, finance is held back since the 12th, some rates are null.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

AS_OF, FINANCE_AS_OF = date(2026, 10, 18), date(2026, 10, 12)
RELEASE_ID = "20261019T021500Z"
SCRIPTS = Path(__file__).parent / "toy"
DOMAINS = ("product", "finance", "platform", "security", "ops")


def write_toy_release(path: Path, without: tuple[str, ...] = (), changes: Sequence[tuple[str, object]] = ()) -> Path:
    """Write the release; the domains `without` were never published, so that it has no tables of theirs.

    `changes` are statements with one parameter, run at the end.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for domain in DOMAINS:
            connection.execute((SCRIPTS / f"{domain}.sql").read_text(encoding="utf-8"))
        for domain in without:
            connection.execute(f"drop schema {domain} cascade")
            connection.execute(
                "update ops.domain_freshness set release_id = null, as_of = null, is_held_back = true, "
                "reason = 'a check failed' where domain = ?",
                [domain],
            )
        for (macro,) in connection.execute(
            "select distinct function_name from duckdb_functions() where not internal and function_type = 'macro'"
        ).fetchall():
            connection.execute(f"drop macro {macro}")
        for statement, parameter in changes:
            connection.execute(statement, [parameter])
    return path
