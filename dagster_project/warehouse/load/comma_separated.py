"""CSV (RFC 4180): cutting a file into records, and records into fields.

Both is done on whole chunks by numpy and Arrow's reader; only damaged stretches are walked line by line, and irregular
records taken apart one by one.
"""

from __future__ import annotations

import csv
import re

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from dagster_project.warehouse.load.reading import BYTE_ORDER_MARK, NEWLINE, Piece, positions

# Past this an open quote is taken for a stray one; DuckDB's own CSV reader stops at 2 MB.
MAX_QUOTED_BYTES = 8 << 20
QUOTE, COMMA, RETURN = 34, 44, 13
# Whether a byte may stand before the first, third, … quote of a record, and after the second, fourth, …
_BESIDE_QUOTES = np.isin(np.arange(256), (COMMA, QUOTE, NEWLINE, RETURN))
# One field and what ends it; possessive, as a quote that is missing is never found by looking once more.
_FIELD = re.compile(r'(?:"((?:[^"]++|"")*+)"|([^",]*+))(,|\Z)')


class CsvSplit:
    """One record a line, or several lines where a quoted field spans them.

    A record that spans lines must be well-formed and as wide as the file's first one; if it isn't, its quote is a
    stray one: its first line alone is damaged, and reading goes on at the next line, so that no good row is swallowed.
    """

    def __init__(self) -> None:
        self._width: int | None = None

    def __call__(self, chunk: np.ndarray, first_line: int, at_end: bool) -> Piece:
        newlines = positions(chunk, NEWLINE)
        is_odd = np.searchsorted(positions(chunk, QUOTE), newlines) % 2
        # A record that starts after an even number of quotes ends at a newline after an even number, and so for odd.
        both = [_Closings(chunk, newlines, np.flatnonzero(is_odd == odd)) for odd in (0, 1)]
        ends: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
        damage: dict[int, str] = {}
        found, at = 0, 0  # records found; index of the newline that ends the next physical line
        while at < len(newlines):
            closing = both[is_odd[at - 1] if at else 0]
            first = int(np.searchsorted(closing.at, at))
            unsound = self._first_unsound(closing, first)
            ends.append(newlines[closing.at[first:unsound]] + 1)
            found, at = found + unsound - first, int(closing.at[unsound - 1]) + 1 if unsound > first else at
            all_closed = unsound == len(closing.at)
            if at == len(newlines) or (all_closed and not at_end and len(chunk) - newlines[at] <= MAX_QUOTED_BYTES):
                break  # nothing is left, or the next chunk may still close the quote
            ends.append(newlines[at : at + 1] + 1)
            damage[found] = "a quote that is never closed"
            found, at = found + 1, at + 1
        all_ends = np.concatenate(ends)
        starts = np.concatenate([[0], all_ends[:-1]])[:found]
        return Piece(b"", all_ends, np.searchsorted(newlines, starts) + first_line, damage)

    def _first_unsound(self, closing: _Closings, first: int) -> int:
        """Which record from `first` on is the first unsound one of several lines; the number of all if none is."""
        if self._width is None and len(closing.at):
            self._width = _width(closing.record(0))
        for index in closing.spanning[np.searchsorted(closing.spanning, first) :]:
            record = closing.record(index)
            if len(record) > MAX_QUOTED_BYTES or _width(record) != self._width:
                return int(index)
        return len(closing.at)


class _Closings:
    """The newlines after an odd (or even) number of quotes: `at` indexes them, one record ends at each.

    `spanning` tells the records of several lines. Made once a chunk, so that a file full of stray quotes costs no more
    than its size.
    """

    def __init__(self, chunk: np.ndarray, newlines: np.ndarray, at: np.ndarray) -> None:
        self.at = at
        self.spanning = np.flatnonzero(np.diff(at, prepend=-1) > 1)
        self._chunk, self._newlines = chunk, newlines

    def record(self, index: int) -> bytes:
        """The bytes of one record, with its newline."""
        before = self.at[index - 1] if index else -1
        start = self._newlines[before] + 1 if before >= 0 else 0
        return self._chunk[start : self._newlines[self.at[index]] + 1].tobytes()


def _width(record: bytes) -> int | None:
    try:
        return len(csv_fields(record))
    except (csv.Error, StopIteration):
        return None


def csv_fields(record: bytes) -> list[str]:
    """The fields of one CSV record, also where a quote stands within a plain one: for headers, widths and erasing.

    Raises csv.Error where its quotes are malformed otherwise. What is loaded is held to RFC 4180 by `with_fields`.
    """
    # as one item: a reader over a text would end the record at a lone carriage return, and the rest would be lost
    return next(csv.reader([record.decode("utf-8", "replace")], strict=True))


def fields_schema(schema: pa.Schema, width: int) -> pa.Schema:
    """The schema of what `with_fields` makes of a batch of this schema."""
    columns = [pa.field(f"c{index}", pa.string()) for index in range(width)]
    return pa.schema([*schema, *columns, pa.field("_fields", pa.list_(pa.string()))])


def with_fields(batch: pa.RecordBatch, width: int) -> list[pa.RecordBatch]:
    """The records of `text` with their fields as columns `c0`, `c1`, …, those that are irregular in a batch of theirs.

    A record with another number of fields than `width` has none in these columns but a reason in `_damage`, and so has
    one with quotes where none may be. Of irregular records that can be taken apart at all, `_fields` has all fields.
    """
    regular = _regular(batch)
    columns, refused = _parsed(_rows(batch, regular).column("text"), width)
    regular = np.delete(regular, refused)
    irregular = np.delete(np.arange(len(batch)), regular)
    schema = fields_schema(batch.schema, width)
    parts = []
    if len(regular):
        none = pa.nulls(len(regular), pa.list_(pa.string()))
        parts.append(pa.RecordBatch.from_arrays([*_rows(batch, regular).columns, *columns, none], schema=schema))
    if len(irregular):
        parts.append(_one_by_one(_rows(batch, irregular), width, schema))
    return parts


def _rows(batch: pa.RecordBatch, indices: np.ndarray) -> pa.RecordBatch:
    return batch if len(indices) == len(batch) else batch.take(pa.array(indices))


def _regular(batch: pa.RecordBatch) -> np.ndarray:
    """Which records Arrow's reader takes apart as RFC 4180 says, unless their number of fields is another."""
    text = batch.column("text")
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[text.offset : text.offset + len(text) + 1]
    chunk = np.frombuffer(text.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    is_regular = batch.column("_damage").is_null().to_numpy(zero_copy_only=False)
    is_regular[_records_of(_misplaced_quotes(chunk, starts), ends)] = False
    returns = positions(chunk, RETURN)
    is_regular[_records_of(returns[chunk[returns + 1] != NEWLINE], ends)] = False
    # Arrow passes over a byte order mark, which at the head of any record but a file's first is part of a value
    is_regular[chunk[starts] == BYTE_ORDER_MARK[0]] = False
    # an empty line
    is_regular[(ends - starts == 1) | ((ends - starts == 2) & (chunk[starts] == RETURN))] = False
    return np.flatnonzero(is_regular)


def _misplaced_quotes(chunk: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The quotes that neither open a field nor end one, nor are one half of a quote within it."""
    quotes = positions(chunk, QUOTE)
    before = np.searchsorted(quotes, starts)
    is_second = (np.arange(len(quotes)) - np.repeat(before, np.diff(before, append=len(quotes)))) % 2
    # a chunk ends with a newline, which thus stands before its first byte, too
    return quotes[~_BESIDE_QUOTES[chunk[quotes + 2 * is_second - 1]]]


def _records_of(places: np.ndarray, ends: np.ndarray) -> np.ndarray:
    return np.searchsorted(ends, places, side="right")


def _parsed(text: pa.StringArray, width: int) -> tuple[list[pa.Array], list[int]]:
    """The fields of regular records by column, and which records were passed over, as they have more or fewer."""
    refused: list[int] = []

    def refuse(row: pa_csv.InvalidRow) -> str:
        refused.append(row.number - 1)
        return "skip"

    names = [f"c{index}" for index in range(width)]
    if not len(text):
        return [pa.array([], pa.string())] * width, refused
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[text.offset : text.offset + len(text) + 1]
    size = int(offsets[-1] - offsets[0])
    table = pa_csv.read_csv(
        pa.BufferReader(text.buffers()[2].slice(int(offsets[0]), size)),
        # rows are told by number in one thread alone; as one block, as a record must not be longer than it
        pa_csv.ReadOptions(use_threads=False, block_size=size + 1, column_names=names),
        pa_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refuse),
        pa_csv.ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.string())),
    )
    return [column.combine_chunks() for column in table.columns], refused


def _one_by_one(batch: pa.RecordBatch, width: int, schema: pa.Schema) -> pa.RecordBatch:
    records = [_fields(text) for text in batch.column("text").to_pylist()]
    damage = [
        known or _why_damaged(fields, width)
        for known, fields in zip(batch.column("_damage").to_pylist(), records, strict=True)
    ]
    nothing: list[str | None] = [None] * width
    sound = [fields if fields and len(fields) == width else nothing for fields in records]
    columns = [pa.array([fields[index] for fields in sound], pa.string()) for index in range(width)]
    batch = batch.set_column(batch.schema.get_field_index("_damage"), "_damage", pa.array(damage, pa.string()))
    fields = pa.array(records, pa.list_(pa.string()))
    return pa.RecordBatch.from_arrays([*batch.columns, *columns, fields], schema=schema)


def _why_damaged(fields: list[str] | None, width: int) -> str | None:
    if fields is None:
        return "malformed quotes"
    return None if len(fields) == width else f"another number of fields than the header's {width}"


def _fields(record: str) -> list[str] | None:
    """The fields of a record; None where a quote stands within a field without quotes, or after one with quotes."""
    record = record.rstrip("\r\n")
    fields, at = [], 0
    while match := _FIELD.match(record, at):
        quoted, plain, end = match.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        if not end:
            return fields
        at = match.end()
    return None
