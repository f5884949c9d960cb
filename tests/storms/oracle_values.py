"""The typed value that a delivered one must become, from the contract alone and by plain Python."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from dagster_project.warehouse.contract import Column, Feed

# A record or value that must be quarantined, and one of which the interface leaves open what becomes of it.
BROKEN, EITHER = object(), object()
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
INTEGER = re.compile(r"[+-]?[0-9]+(\.0*)?")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
STRICT_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
STRICT_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?"
)


class Structure:
    """An object or list, whatever is in it."""


class Pairs(list):
    """An object as its members in their order, repeated names included."""


def judged(feed: Feed, latest: datetime, row: Any) -> Any:
    """The typed values of a row, BROKEN if one of them breaks the contract, EITHER if that is open."""
    if row is BROKEN or row is EITHER:
        return row
    values = {column.name: judged_value(column, latest, row.get(column.name)) for column in feed.columns}
    if any(value is BROKEN for value in values.values()):
        return BROKEN
    return EITHER if any(value is EITHER for value in values.values()) else values


def judged_value(column: Column, latest: datetime, given: Any) -> Any:
    if given is BROKEN or given is EITHER:
        return given
    if given is None or given == "":
        return BROKEN if column.required else None
    value = TYPED[column.data_type](given)
    if value is BROKEN or value is EITHER:
        return value
    return value if is_possible(column, latest, value) else BROKEN


def is_possible(column: Column, latest: datetime, value: Any) -> bool:
    if isinstance(value, datetime):
        return value.date() >= FIRST and value <= datetime.combine(LAST, time()) and value <= latest
    if isinstance(value, date):
        return FIRST <= value <= LAST
    if column.accepted_values and value not in column.accepted_values:
        return False
    if column.pattern and not re.fullmatch(column.pattern, value):
        return False
    below = column.minimum is not None and value < column.minimum
    return not below and not (column.maximum is not None and value > column.maximum)


def text(given: Any) -> Any:
    match given:
        case Pairs() | list() | dict() | Structure():
            return BROKEN
        case bool():
            return str(given).lower()
        case int() | str():
            return str(given)
    return EITHER


def integer(given: Any) -> Any:
    if isinstance(given, float):
        if abs(given) >= 2**53:
            return EITHER
        return int(given) if given.is_integer() else BROKEN
    if isinstance(given, bool) or not isinstance(given, int | str) or not INTEGER.fullmatch(str(given)):
        return BROKEN
    value = int(str(given).partition(".")[0])
    return value if -(2**63) <= value < 2**63 else BROKEN


def double(given: Any) -> Any:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return BROKEN
    try:
        value = float(given)
    except (ValueError, OverflowError):
        return BROKEN
    if value != value or value in (float("inf"), float("-inf")):
        return BROKEN
    return value if NUMBER.fullmatch(str(given)) else EITHER


def decimal(given: Any) -> Any:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return BROKEN
    try:
        value = Decimal(str(given).strip())
    except InvalidOperation:
        return BROKEN
    if not value.is_finite() or abs(value) >= Decimal(10) ** 14:
        return BROKEN
    is_plain = NUMBER.fullmatch(str(given)) and "e" not in str(given).lower() and value == round(value, 10)
    return round(value, 10) if is_plain else EITHER


def boolean(given: Any) -> Any:
    if isinstance(given, Structure | list | dict | date):
        return BROKEN
    word = str(given).lower()
    if word in ("true", "false") or re.fullmatch(r"[01](\.0*)?", word):
        return word[0] in "t1"
    return EITHER if word in ("t", "f", "y", "n", "yes", "no") else BROKEN


def day(given: Any) -> Any:
    if type(given) is date:
        return given
    if isinstance(given, datetime):
        return EITHER
    if not isinstance(given, str) or given[:1] not in tuple("0123456789"):
        return BROKEN
    if re.fullmatch("[0-9]{8}", given):
        given = f"{given[:4]}-{given[4:6]}-{given[6:]}"
    if not STRICT_DATE.fullmatch(given):
        return EITHER
    try:
        return date.fromisoformat(given)
    except ValueError:
        return BROKEN


def instant(given: Any) -> Any:
    if isinstance(given, datetime):
        return given
    if type(given) is date:
        return EITHER
    if isinstance(given, bool) or not isinstance(given, int | str):
        return EITHER if isinstance(given, float) else BROKEN
    given = str(given)
    if re.fullmatch("[0-9]+", given):
        number = int(given)
        is_epoch = 100_000_000_000 <= number <= 253_402_300_799_999
        return datetime(1970, 1, 1) + timedelta(milliseconds=number) if is_epoch else BROKEN
    if given[:1] not in tuple("0123456789"):
        return BROKEN
    if not STRICT_TIMESTAMP.fullmatch(given):
        return EITHER
    try:
        value = datetime.fromisoformat(given)
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    except (ValueError, OverflowError):
        return EITHER if "T24:" in given or ":60" in given else BROKEN


def document(given: Any) -> Any:
    """A JSON text or value is judged by whether it is one; what it means is the models' matter."""
    if not isinstance(given, str):
        return Structure() if isinstance(given, dict | list | Structure | bool | int) else EITHER
    try:
        json.loads(given)
    except (ValueError, RecursionError):
        return EITHER
    return Structure()


TYPED = {
    "varchar": text,
    "bigint": integer,
    "double": double,
    "decimal(24,10)": decimal,
    "boolean": boolean,
    "date": day,
    "timestamp": instant,
    "json": document,
}
