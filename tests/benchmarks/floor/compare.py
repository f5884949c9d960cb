"""Whether two databases hold the same figures."""

from __future__ import annotations

from pathlib import Path

import duckdb

DOMAINS = ("product", "finance", "platform", "security")
# The last cent of rounded money; of all else what doubles lose where they are added in another order.
CENT, RELATIVE = "0.01", "1e-9"


def differences(floor: Path, release: Path) -> dict[str, int]:
    """How many rows of every table of the floor only one of the two databases has, 0 where they are equal.

    Rows are matched by all cells but decimals and doubles, in order of these; such cells may differ by the tolerance.
    A matched row with another figure counts once. Raises ValueError where columns are not called the same.
    """
    with duckdb.connect(str(floor), read_only=True) as connection:
        connection.execute(f"attach '{release}' as release (read_only)")
        tables = connection.execute(f"""
            select table_schema || '.' || table_name from information_schema.tables
            where table_catalog = current_catalog() and table_schema in {DOMAINS} order by all
        """).fetchall()
        return {table: _different_rows(connection, table) for (table,) in tables}


def _different_rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    columns = {name: kind for name, kind, *_ in connection.execute(f"describe release.{table}").fetchall()}
    found = [name for name, *_ in connection.execute(f"describe {table}").fetchall()]
    if found != list(columns):
        raise ValueError(f"{table}: expected the columns {list(columns)}, found {found}")
    exact = [name for name, kind in columns.items() if not _is_measured(kind)]
    same = [f"floor.{name} is not distinct from release.{name}" for name in exact]
    close = [_is_close(name, columns[name]) for name in columns if name not in exact]
    nth = f"row_number() over (partition by {', '.join(exact)} order by {', '.join(columns)}) as nth"
    different = connection.execute(f"""
        with
        floor as (select *, {nth} from {table}),
        release as (select *, {nth} from release.{table})
        select count(*) from floor full join release on floor.nth = release.nth and {" and ".join(same)}
        where not coalesce({" and ".join(["floor.nth = release.nth", *close])}, false)
    """).fetchone()
    return different[0] if different else 0


def _is_measured(kind: str) -> bool:
    return kind == "DOUBLE" or kind.startswith("DECIMAL")


def _is_close(name: str, kind: str) -> str:
    one, other = f"floor.{name}", f"release.{name}"
    tolerance = CENT if kind.startswith("DECIMAL") else f"{RELATIVE} * greatest(1, abs({other}))"
    return f"({one} is not distinct from {other} or coalesce(abs({one} - {other}) <= {tolerance}, false))"
