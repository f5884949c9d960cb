"""The rows of a query, for readers and for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import isfinite

from dagster_project.console.terminal import ROWS_ON_A_TERMINAL, console, printable, table_of
from dagster_project.exit_codes import UsageError

FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")


def print_rows(names: Sequence[str], rows: Iterable[Sequence[object]], form: str) -> None:
    """The rows of a query as `table` (its first ROWS_ON_A_TERMINAL), `csv` or `json` (an array of objects).

    Raises UsageError where an object would need two members of one name.
    """
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_harmless(value) for value in row] for row in rows)
    elif form == "json":
        _print_json(names, rows)
    else:
        _print_table(names, rows)


def _harmless(value: object) -> object:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it (OWASP, CSV injection)."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_BEGINNINGS) else value


def _print_json(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    if len(set(names)) < len(names):
        raise UsageError(f"two columns of one name ({', '.join(names)}): JSON has no place for both, rename with `as`")
    before = "[\n"
    for row in rows:
        named = {name: _finite(value) for name, value in zip(names, row, strict=True)}
        sys.stdout.write(before + json.dumps(named, default=_json_value, ensure_ascii=False))
        before = ",\n"
    sys.stdout.write("\n]\n" if before != "[\n" else "[]\n")


def _finite(value: object) -> object:
    """JSON has no infinity, and what is no number there is null."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _json_value(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _print_table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = table_of(*names)
    remaining = iter(rows)
    for count, row in enumerate(remaining, 1):
        table.add_row(*("" if value is None else printable(str(value)) for value in row))
        if count == ROWS_ON_A_TERMINAL:
            break
    console().print(table)
    if next(remaining, None) is not None:
        console().print(f"only the first {ROWS_ON_A_TERMINAL:,} rows; --format csv writes them all")
