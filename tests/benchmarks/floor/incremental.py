"""One more day of product and finance, by hand: `python -m tests.benchmarks.floor.incremental HOME DATABASE AS_OF`.

The file keeps what landed and what the day's figures need of former days; nothing else is kept, no ledger, no
quarantine, no way back: files are those of one delivery day, each is read once, and rows only come or are replaced.
Prints the CPU seconds of reading and of computing.
"""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from tests.benchmarks.floor.floor import NOT_COMPUTED, open_floor
from tests.benchmarks.floor.statements import Statement, statements, statements_of

DOMAINS = ("product", "finance")
KEYS = {
    "users": "user_id",
    "group_members": "group_id, user_id",
    "meters": "meter_id",
    "meter_readings": "reading_id",
    "events": "event_id",
    "subscriptions": "subscription_id, effective_at",
    "payments": "attempt_id",
    "refunds": "refund_id",
    "marketing_spend": "spend_date, channel, campaign",
    "exchange_rates": "rate_date, currency",
}
# Of other feeds a row never changes.
VERSIONED = frozenset({"users", "group_members", "meters", "payments", "marketing_spend", "exchange_rates"})
# The one table on the way that is large and of no more use.
NOT_KEPT = "events_of_sessions"
FOLDER = Path(__file__).parent
BEFORE, AFTER = (
    (FOLDER / f"incremental_{domain}.sql").read_text(encoding="utf-8") for domain in ("product", "finance")
)
# What these two bring up to date; all other tables are small and made anew in between.
BROUGHT = frozenset(re.findall(r"(?:insert into|create or replace table) (?:\w+\.)?(\w+)", BEFORE + AFTER))


def begin(home: Path, database: Path, as_of: date) -> None:
    """Compute everything that has landed into a new file, and keep in it what `take_in` needs."""
    database.unlink(missing_ok=True)
    with open_floor(home, database, as_of) as connection:
        for schema in DOMAINS:
            connection.execute(f"create schema {schema}")
        for statement in _statements():
            kept = statement.name != NOT_KEPT
            connection.execute(statement.sql.replace("create temp", "create", 1) if kept else statement.sql)


def take_in(home: Path, database: Path, day: date) -> dict[str, float]:
    """Take in what was delivered on one day, and bring the tables to it; the CPU seconds of both."""
    with open_floor(home, database, day) as connection:
        connection.execute("begin")
        started = time.process_time()
        for statement in _statements():
            if statement.name in KEYS:
                _read(connection, statement, Settings(home).landing, day)
        read = time.process_time()
        connection.execute(BEFORE)
        for statement in _statements():
            if statement.kind == "table" and statement.name not in {*KEYS, *BROUGHT, NOT_KEPT}:
                connection.execute(f"create or replace table {statement.full_name}{statement.body}")
        connection.execute(AFTER)
        connection.execute("commit")
        return {"read": read - started, "computed": time.process_time() - read}


def _statements() -> list[Statement]:
    tables = [statement.full_name for statement in statements() if statement.schema in DOMAINS]
    return statements_of([table for table in tables if table not in NOT_COMPUTED])


def _read(connection: duckdb.DuckDBPyConnection, feed: Statement, landing: Path, day: date) -> None:
    """The files of one day into `new_<feed>` and the feed's table, what they replaced into `former_<feed>`."""
    name, key = feed.name, KEYS[feed.name]
    there = (landing / name / f"dt={day}").exists()
    body = feed.body.replace("/*/", f"/dt={day}/") if there else f" as from {name} limit 0"
    connection.execute(f"create temp table new_{name}{body}")
    match = " and ".join(f"{name}.{column} = new_{name}.{column}" for column in key.split(", "))
    standing = f"({name}.updated_at, {name}.dt) > (new_{name}.updated_at, new_{name}.dt)"
    known = f"{match} and {standing}" if name in VERSIONED else match
    connection.execute(f"delete from new_{name} using {name} where {known}")
    if name in VERSIONED:
        connection.execute(f"create temp table former_{name} as from {name} semi join new_{name} using ({key})")
        connection.execute(f"delete from {name} using new_{name} where {match}")
    connection.execute(f"insert into {name} by name from new_{name}")


if __name__ == "__main__":
    if sys.argv[4:] == ["begin"]:
        begin(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
    else:
        print(json.dumps(take_in(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))))
