"""An independent reader of landing files: DuckDB over their text, every line judged by the feed's contract."""

from __future__ import annotations

from pathlib import Path

import duckdb

from dagster_project.warehouse.contract import Column, Feed

# One text column per line: a delimiter that never occurs, no quotes, nothing detected.
WHOLE_LINES = (
    "read_csv('{glob}', columns={{'line': 'varchar'}}, delim=chr(1), quote='', escape='', header=false, "
    "auto_detect=false, filename=true)"
)
CSV_ROWS = (
    "read_csv('{glob}', header=true, all_varchar=true, union_by_name=true, hive_partitioning=false, filename=true)"
)
PARQUET_ROWS = "read_parquet('{glob}', union_by_name=true, hive_partitioning=false, filename=true)"
DELIVERY_DAY = "regexp_extract(filename, 'dt=([0-9-]+)', 1)::date as dt"


def read_landing(landing: Path, contracts: dict[str, Feed]) -> duckdb.DuckDBPyConnection:
    """A database with a table per feed: its contract columns, `dt`, and `is_sound` (the line keeps the contract)."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for contract in contracts.values():
        connection.execute(f"create temp table texts as {_texts(landing / contract.name, contract)}")
        typed = ", ".join(f'{_value(column)} as "{column.name}"' for column in contract.columns)
        sound = " and ".join(_is_sound(column) for column in contract.columns)
        connection.execute(
            f'create table "{contract.name}" as '
            f"select dt, {typed}, coalesce(is_line and {sound}, false) as is_sound from texts"
        )
        connection.execute("drop table texts")
    return connection


def _texts(folder: Path, contract: Feed) -> str:
    """The SQL of all lines with each contract column as text; `is_line` tells whether the line can be parsed."""
    extension = next(folder.glob("*/*")).name.split(".", 1)[1]
    glob = folder / "*" / "*"
    if "json" in extension:
        value = "json_extract_string(case when json_valid(line) then line end, '$.{name}')"
        values = ", ".join(f'{value.format(name=column.name)} as "{column.name}"' for column in contract.columns)
        return f"select {DELIVERY_DAY}, json_valid(line) as is_line, {values} from {WHOLE_LINES.format(glob=glob)}"
    rows = (CSV_ROWS if "csv" in extension else PARQUET_ROWS).format(glob=glob)
    values = ", ".join(f'"{column.name}"::varchar as "{column.name}"' for column in contract.columns)
    return f"select {DELIVERY_DAY}, true as is_line, {values} from {rows}"


def _value(column: Column) -> str:
    text = f'texts."{column.name}"'
    if column.data_type == "timestamp":
        return f"coalesce(try_cast({text} as timestamptz)::timestamp, epoch_ms(try_cast({text} as bigint)))"
    return f"try_cast({text} as {column.data_type})"


def _is_sound(column: Column) -> str:
    value = _value(column)
    conditions = [f"{value} is not null"]
    if column.accepted_values:
        conditions.append(f"{value} in {column.accepted_values!r}")
    if column.minimum is not None:
        conditions.append(f"{value} >= {column.minimum}")
    if column.maximum is not None:
        conditions.append(f"{value} <= {column.maximum}")
    if column.pattern:
        conditions.append(f"regexp_full_match({value}, '{column.pattern}')")
    if column.data_type == "timestamp":
        # stricter than the contract, which leaves a day's grace: nothing is delivered before it happened
        conditions.append(f"{value} < dt + interval 1 day")
    kept = " and ".join(conditions)
    return f"({kept})" if column.required else f'(texts."{column.name}" is null or ({kept}))'
