"""Runs the scripts of this folder: `python -m tests.benchmarks.floor.floor HOME DATABASE AS_OF [TABLE ...]`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment

from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.load.personal_data import keyed_hash, personal_data_key, use_key
from tests.benchmarks.floor.statements import statements, statements_of

NOT_COMPUTED = frozenset({"finance.customer_value", "finance.clv_model"})
SEEDS = DBT_PROJECT / "seeds"


def write_floor(home: Path, database: Path, as_of: date, tables: Collection[str] = ()) -> None:
    """Compute the published tables, or some of them, of what landed in a home into a new DuckDB file."""
    database.unlink(missing_ok=True)
    wanted = statements_of(tables) if tables else statements()
    with open_floor(home, database, as_of) as connection:
        for schema in {statement.schema for statement in wanted if statement.schema}:
            connection.execute(f"create schema {schema}")
        for statement in wanted:
            connection.execute(statement.sql)


@contextmanager
def open_floor(home: Path, database: Path, as_of: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file, with what the scripts expect: where the files lie, and the macros that are not theirs."""
    settings = Settings(home)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set file_search_path = ?", [f"{settings.landing},{SEEDS}"])
        for name, body in {"as_of()": f"date '{as_of}'", **macros(settings)}.items():
            connection.execute(f"create temp macro {name} as {body}")
        yield connection


def macros(settings: Settings) -> dict[str, str]:
    """What the scripts expect to be there beside `as_of()`: how addresses are hashed and how messages are masked."""
    return {"keyed_hash(text)": _keyed_hash("text", settings), "masked(message)": _masked("message")}


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
    module: Any = Environment(extensions=["jinja2.ext.do"]).from_string(macro, globals=names).module
    return str(module.masked(message))


if __name__ == "__main__":
    write_floor(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]), sys.argv[4:])
