"""Runs the scripts of this folder in order: `python -m tests.benchmarks.floor.floor HOME DATABASE AS_OF`."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import duckdb
from jinja2 import Environment

from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.personal_data import keyed_hash, personal_data_key, use_key

SCRIPTS = ("landing.sql", "product.sql", "finance.sql", "platform.sql", "security.sql")
NOT_COMPUTED = frozenset({"finance.customer_value", "finance.clv_model"})


def write_floor(home: Path, database: Path, as_of: date) -> None:
    """Compute the published tables of what landed in a home into a new DuckDB file."""
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        prepare(connection, Settings(home), as_of)
        for script in SCRIPTS:
            connection.execute((Path(__file__).parent / script).read_text(encoding="utf-8"))


def prepare(connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> None:
    """What the scripts expect: where files lie, the as-of day, and how texts are hashed and masked."""
    connection.execute("set file_search_path = ?", [f"{settings.landing},{DBT_PROJECT / 'seeds'}"])
    connection.execute("set variable as_of = ?::date", [as_of])
    use_key(connection, personal_data_key(settings))
    connection.execute(f"create temp macro keyed_hash(text) as {keyed_hash('text')}")
    connection.execute(f"create temp macro masked(message) as {_masked('message')}")


def _masked(message: str) -> str:
    """SQL: the message with its marks; the rules stand once, in the project's macro."""
    names = {
        "beginning": lambda text, characters: f"substring({text}, 1, {characters})",
        "replace_all": lambda text, pattern, mark: f"regexp_replace({text}, '{pattern}', '{mark}', 'g')",
    }
    macros = (DBT_PROJECT / "macros" / "masking.sql").read_text(encoding="utf-8")
    return str(Environment(extensions=["jinja2.ext.do"]).from_string(macros, globals=names).module.masked(message))


if __name__ == "__main__":
    write_floor(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
