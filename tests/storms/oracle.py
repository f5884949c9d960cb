"""What must become of every record of a file, read slowly and plainly: with json, csv rules line by line, and pyarrow.

It shares with the loader the contract alone. Where the interface leaves a choice (`yes` as a boolean, NaN in JSON), a
record is EITHER: it must be accounted for, whichever way.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.warehouse.contract import Feed
from tests.storms.oracle_values import BROKEN, EITHER, Pairs, Structure, judged

CSV_FIELD = re.compile(r',("(?:[^"]|"")*"|[^",]*)')


class CutOrCorrupt(Exception):
    """The file can't be read to its end."""


@dataclass(frozen=True)
class Expected:
    """One record: the line it starts on, and its values by column where it is to be loaded, else BROKEN or EITHER."""

    line: int
    values: Any


def expectations(feed: Feed, dt: date, name: str, content: bytes) -> list[Expected]:
    """Every record of the file in its order. Raises CutOrCorrupt for a file of which nothing may be loaded."""
    latest = datetime.combine(dt + timedelta(days=1), time()) + timedelta(hours=24)
    if name.endswith(".parquet"):
        rows = parquet_rows(feed, content)
    elif ".csv" in name:
        rows = csv_rows(feed, unpacked(name, content))
    else:
        rows = json_rows(unpacked(name, content))
    return [Expected(line, judged(feed, latest, row)) for line, row in rows]


def unpacked(name: str, content: bytes) -> bytes:
    if not content and name.endswith((".gz", ".zst")):
        raise CutOrCorrupt("no byte of its format")
    try:
        if name.endswith(".gz"):
            return gzip.decompress(content)
        if name.endswith(".zst"):
            return pa.CompressedInputStream(pa.BufferReader(content), "zstd").read()
    except (OSError, EOFError, ValueError, gzip.zlib.error) as error:  # type: ignore[attr-defined]
        raise CutOrCorrupt(str(error)) from error
    return content


def physical_lines(content: bytes) -> list[bytes]:
    """The lines without their ends; a byte order mark is none of the first one."""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def is_blank(record: bytes) -> bool:
    return record.rstrip(b"\r\n").strip(b" \t") == b""


def json_rows(content: bytes) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(physical_lines(content), 1):
        if not is_blank(line):
            yield number, json_row(line)


def json_row(line: bytes) -> Any:
    lenient: list[str] = []
    try:
        text = line.decode("utf-8")
        pairs = json.loads(text, object_pairs_hook=Pairs, parse_constant=lenient.append)
        text.encode("utf-8")
    except UnicodeDecodeError:
        return BROKEN
    except RecursionError:
        return EITHER
    except ValueError:
        # DuckDB reads more than RFC 8259: a comma too many, NaN and Infinity in any case
        return EITHER if re.search(rb",\s*[\]}]|nan|inf", line, re.IGNORECASE) else BROKEN
    if lenient or re.search(r"\\u[dD][89a-fA-F]", text):
        return EITHER  # NaN, or surrogates that are a pair or are none
    if not isinstance(pairs, Pairs):
        return BROKEN
    names = [name for name, _ in pairs]
    return dict(pairs) if len(set(names)) == len(names) else BROKEN


def csv_rows(feed: Feed, content: bytes) -> Iterator[tuple[int, Any]]:
    records = list(csv_records(physical_lines(content)))
    if not records:
        return
    _, header, is_sound = records[0]
    names = [name.strip() for name in csv_fields(header.decode("utf-8", "replace"), is_strict=False) or []]
    required = {column.name for column in feed.columns if column.required}
    if required - set(names) or len(set(names)) < len(names) or not is_sound:
        raise CutOrCorrupt("header")
    for line, record, is_sound in records[1:]:
        if is_blank(record):
            continue
        yield line, csv_row(names, record) if is_sound else BROKEN


def csv_row(names: list[str], record: bytes) -> Any:
    try:
        fields = csv_fields(record.decode("utf-8"))
    except UnicodeDecodeError:
        return BROKEN
    if fields is None or len(fields) != len(names):
        return BROKEN
    return {name: value or None for name, value in zip(names, fields, strict=True)}


def csv_records(lines: list[bytes]) -> Iterator[tuple[int, bytes, bool]]:
    """(first line, record, whether its quotes are closed): a record goes on while a quote is open, if that leads to a
    record as wide as the first one; if not, the quote is a stray one and costs its line alone."""
    at, width = 0, None
    while at < len(lines):
        end, quotes = at, lines[at].count(b'"')
        while quotes % 2 and end + 1 < len(lines):
            end += 1
            quotes += lines[end].count(b'"')
        record = b"\n".join(lines[at : end + 1])
        fields = csv_fields(record.decode("utf-8", "replace"), is_strict=False)
        if width is None and quotes % 2 == 0:
            width = len(fields) if fields else None
        if quotes % 2 or (end > at and (fields is None or len(fields) != width)):
            yield at + 1, lines[at], False
            at += 1
        else:
            yield at + 1, record, True
            at = end + 1


def csv_fields(record: str, is_strict: bool = True) -> list[str] | None:
    """The fields of a record, None where a quote stands within an unquoted field or after a quoted one."""
    record = record.rstrip("\r\n")
    if not is_strict:
        return _fields_of_the_csv_module(record)
    found = list(CSV_FIELD.finditer("," + record))
    if "".join(match[0] for match in found) != "," + record:
        return None
    return [match[1][1:-1].replace('""', '"') if match[1].startswith('"') else match[1] for match in found]


def _fields_of_the_csv_module(record: str) -> list[str] | None:
    try:
        return next(csv.reader([record], strict=True), [])
    except csv.Error:
        return None


def parquet_rows(feed: Feed, content: bytes) -> Iterator[tuple[int, Any]]:
    try:
        file = pq.ParquetFile(io.BytesIO(content), coerce_int96_timestamp_unit="us")
        table = file.read()
        table.validate()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise CutOrCorrupt(str(error)) from error
    names = table.column_names
    required = {column.name for column in feed.columns if column.required}
    if required - set(names) or len(set(names)) < len(names):
        raise CutOrCorrupt("schema")
    known = {column.name for column in feed.columns}
    for index in range(table.num_rows):
        yield index + 1, {name: parquet_value(table.column(name)[index]) for name in names if name in known}


def parquet_value(scalar: pa.Scalar) -> Any:
    kind = scalar.type
    if pa.types.is_map(kind):
        return BROKEN  # the storm's maps have a key twice, for which neither JSON nor DuckDB has a value
    try:
        value = scalar.as_py()
    except UnicodeDecodeError:
        return BROKEN
    except (ValueError, OverflowError, ArithmeticError, pa.ArrowException):
        return EITHER
    if pa.types.is_nested(kind):
        return None if value is None else Structure()
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return BROKEN
    if isinstance(value, time | timedelta | Decimal) or type(value).__name__ in ("Timestamp", "UUID"):
        return EITHER
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return value
