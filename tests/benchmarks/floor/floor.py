"""Runs the scripts of this folder in order: `python -m tests.benchmarks.floor.floor HOME DATABASE AS_OF`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import duckdb
from jinja2 import Environment

from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.personal_data import keyed_hash, personal_data_key, use_key

SCRIPTS = ("landing.sql", "product.sql", "finance.sql", "platform.sql", "security.sql")
NOT_COMPUTED = frozenset({"finance.customer_value", "finance.clv_model"})
SEEDS = DBT_PROJECT / "seeds"


def write_floor(home: Path, database: Path, as_of: date) -> None:
    """Compute the published tables of what landed in a home into a new DuckDB file."""
    database.unlink(missing_ok=True)
    settings = Settings(home)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set file_search_path = ?", [f"{settings.landing},{SEEDS}"])
        for name, body in macros(settings, as_of).items():
            connection.execute(f"create temp macro {name} as {body}")
        for script in read_scripts(SCRIPTS):
            connection.execute(script)


def read_scripts(names: Iterable[str]) -> Iterator[str]:
    """The SQL of the scripts of this folder."""
    for name in names:
        yield (Path(__file__).parent / name).read_text(encoding="utf-8")


def macros(settings: Settings, as_of: date) -> dict[str, str]:
    """What the scripts expect to be there: the as-of day, how addresses are hashed and how messages are masked."""
    return {
        "as_of()": f"date '{as_of}'",
        "keyed_hash(text)": _keyed_hash("text", settings),
        "masked(message)": _masked("message"),
    }


def _keyed_hash(text: str, settings: Settings) -> str:
    """SQL: the hash of the home's key, with what the warehouse keeps in session variables written out."""
    sql = keyed_hash(text)
    with duckdb.connect() as connection:
        use_key(connection, personal_data_key(settings))
        for name in ("pii_inner", "pii_outer"):
            digits = connection.execute(f"select hex(getvariable('{name}'))").fetchone()
            sql = sql.replace(f"getvariable('{name}')", f"unhex('{digits[0] if digits else ''}')")
    return sql


def _masked(message: str) -> str:
    """SQL: the message with its marks; the rules stand once, in the project's macro."""
    names = {
        "beginning": lambda text, characters: f"substring({text}, 1, {characters})",
        "replace_all": lambda text, pattern, mark: f"regexp_replace({text}, '{pattern}', '{mark}', 'g')",
    }
    macro = (DBT_PROJECT / "macros" / "masking.sql").read_text(encoding="utf-8")
    return str(Environment(extensions=["jinja2.ext.do"]).from_string(macro, globals=names).module.masked(message))


if __name__ == "__main__":
    write_floor(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
