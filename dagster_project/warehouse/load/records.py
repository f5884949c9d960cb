"""Delivered files as Arrow batches of records, many files to a batch, so that DuckDB works set-wise.

A batch's table has `_file_id`, `_line`, `_latest` (no timestamp of the row may be later), `_damage` (why the record is
broken already, else null) and the record itself: `text` for JSON lines and CSV, and the columns `c0`, `c1`, … of CSV
and Parquet, which `header` names.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.warehouse.load.comma_separated import CsvSplit, csv_fields, fields_schema, with_fields
from dagster_project.warehouse.load.parquet import readable, texts_of_few_values
from dagster_project.warehouse.load.personal_data import without_addresses
from dagster_project.warehouse.load.reading import (
    NO_UTF8,
    BrokenFile,
    HashingFile,
    Piece,
    read_pieces,
    split_lines,
)
from dagster_project.warehouse.load.source import Columns, Source

# Large enough for DuckDB to write whole row groups (122,880 rows) straight to disk, small enough for any machine.
BATCH_BYTES = 256 << 20
# DuckDB hands one record batch to one thread: several to a batch keep all busy.
ROWS_PER_RECORD_BATCH = 16_384
# Of each column that is being read from a Parquet file; larger ones gain nothing.
PARQUET_BUFFER_BYTES = 1 << 20

# What parts of one batch have in common: form, header and, of Parquet, types.
_Kind = tuple[str, tuple[str, ...], pa.Schema | None]


@dataclass(frozen=True)
class Batch:
    """Records of one form and header; see the module's docstring for the table's columns."""

    form: str
    header: tuple[str, ...]
    table: pa.Table


@dataclass
class _Waiting:
    """Small parts of many files, waiting to be batches; all together they are never more than a batch."""

    parts: dict[_Kind, list[Any]] = field(default_factory=lambda: defaultdict(list))
    size: int = 0

    def add(self, kind: _Kind, part: object, size: int) -> Iterator[Batch]:
        """The batches that are due now."""
        self.parts[kind].append(part)
        self.size += size
        if self.size >= BATCH_BYTES:
            yield from self.take()

    def take(self) -> Iterator[Batch]:
        self.size = 0
        while self.parts:
            # without a name for the parts, they are gone from memory while the batch is used
            yield _batch(*self.parts.popitem())


def read_batches(sources: Iterable[Source], columns: Columns) -> Iterator[Batch]:
    """All records of `sources`, set-wise; what was learnt of each file stands in its Source afterwards.

    A broken file's earlier records may have come already: the caller takes them back. A batch must be used before the
    next is asked for.
    """
    waiting = _Waiting()
    for source in sources:
        form, compression = source.delivery.format
        try:
            if form == "parquet":
                yield from _parquet_batches(source, columns, waiting)
            else:
                yield from _text_batches(source, form, compression, columns, waiting)
        except BrokenFile as error:
            source.broken = str(error)
        except OSError as error:
            source.vanished, source.broken = True, f"could not be read: {error.strerror or error}"
    yield from waiting.take()


def _batch(kind: _Kind, parts: list[Any]) -> Batch:
    form, header, _ = kind
    return Batch(form, header, pa.concat_tables(parts)) if form == "parquet" else _text_batch(form, header, parts)


def _text_batches(
    source: Source, form: str, compression: str | None, columns: Columns, waiting: _Waiting
) -> Iterator[Batch]:
    split = split_lines if form == "json" else CsvSplit()
    header: tuple[str, ...] | None = () if form == "json" else None
    with source.open() as file:
        for piece in read_pieces(file, compression, split):
            if header is None:
                header, piece = _take_header(piece, columns.required)
            source.records += len(piece.ends)
            if len(piece.data) >= BATCH_BYTES // 8:
                yield _text_batch(form, header, [(source, piece)])
                continue
            piece.data = bytes(piece.data)
            yield from waiting.add((form, header, None), (source, piece), len(piece.data))


def _take_header(piece: Piece, required: frozenset[str]) -> tuple[tuple[str, ...], Piece]:
    end = int(piece.ends[0])
    line = bytes(piece.data[:end])
    try:
        names = tuple(name.strip() for name in csv_fields(line))
    except csv.Error as error:
        raise BrokenFile("the header is no CSV: a stray quote, or line ends that are neither LF nor CRLF") from error
    _check_columns("header", names, required, line.decode("utf-8", "replace"))
    damage = {index - 1: reason for index, reason in piece.damage.items() if index}
    return names, Piece(piece.data[end:], piece.ends[1:] - end, piece.lines[1:], damage)


def _check_columns(what: str, names: tuple[str, ...], required: frozenset[str], found: str) -> None:
    missing = sorted(required - set(names))
    if missing:
        # without a single known name it is a row of data, perhaps of a person
        shown = f"; it is: {_shown(found)}" if required & set(names) else ""
        raise BrokenFile(f"the {what} lacks the required {', '.join(missing)}{shown}")
    if len(set(names)) < len(names):
        raise BrokenFile(f"the {what} names a column twice: {_shown(found)}")


def _shown(header: str) -> str:
    """The beginning, without addresses: where the header's line end was lost, data comes after it."""
    return without_addresses(header.strip()[:1000])[:200]


def _text_batch(form: str, header: tuple[str, ...], pieces: list[tuple[Source, Piece]]) -> Batch:
    data = pieces[0][1].data if len(pieces) == 1 else b"".join(piece.data for _, piece in pieces)
    sizes = np.array([len(piece.data) for _, piece in pieces], dtype=np.int64)
    counts = np.array([len(piece.ends) for _, piece in pieces], dtype=np.int64)
    starts = np.repeat(np.concatenate([[0], np.cumsum(sizes)[:-1]]), counts)
    offsets = np.zeros(int(counts.sum()) + 1, dtype=np.int32)
    offsets[1:] = np.concatenate([piece.ends for _, piece in pieces]) + starts
    lines = np.concatenate([piece.lines for _, piece in pieces])
    damage = _damage(pieces, counts)
    text = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    table = _with_origin([source for source, _ in pieces], counts, lines, pa.table({"text": text}))
    table = table.append_column("_damage", damage)
    batches = [_as_utf8(batch) for batch in table.to_batches(max_chunksize=ROWS_PER_RECORD_BATCH)]
    if form == "json":
        return Batch(form, header, pa.Table.from_batches(batches, table.schema))
    with ThreadPoolExecutor() as threads:  # numpy and Arrow let them run at once
        parts = [part for parts in threads.map(partial(with_fields, width=len(header)), batches) for part in parts]
    return Batch(form, header, pa.Table.from_batches(parts, fields_schema(table.schema, len(header))))


def _damage(pieces: list[tuple[Source, Piece]], counts: np.ndarray) -> pa.Array:
    firsts = np.concatenate([[0], np.cumsum(counts)])
    known = {int(firsts[i]) + at: why for i, (_, piece) in enumerate(pieces) for at, why in piece.damage.items()}
    if not known:
        return pa.nulls(int(firsts[-1]), pa.string())
    reasons: list[str | None] = [None] * int(firsts[-1])
    for at, why in known.items():
        reasons[at] = why
    return pa.array(reasons, pa.string())


def _with_origin(sources: list[Source], counts: np.ndarray, lines: np.ndarray, table: pa.Table) -> pa.Table:
    file_ids = np.repeat(np.array([source.file_id for source in sources], dtype=np.int64), counts)
    latest = np.repeat(np.array([source.latest for source in sources], dtype="datetime64[us]"), counts)
    table = table.append_column("_file_id", _fixed_width(file_ids, pa.int64()))
    table = table.append_column("_line", _fixed_width(lines.astype(np.int64), pa.int64()))
    return table.append_column("_latest", _fixed_width(latest, pa.timestamp("us")))


def _fixed_width(values: np.ndarray, arrow_type: pa.DataType) -> pa.Array:
    """The array as it lies in memory; `pa.array` would import pandas to look at it, for more than a second."""
    return pa.Array.from_buffers(arrow_type, len(values), [None, pa.py_buffer(values)])


def _as_utf8(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch itself, or, where bytes in it are no UTF-8, one with those bytes spelt out and the records marked."""
    text = batch.column("text")
    try:
        text.validate(full=True)
        return batch
    except pa.ArrowInvalid:
        pass
    records = text.cast(pa.binary()).to_pylist()
    decoded = [record.decode("utf-8", "backslashreplace") for record in records]
    damage = [
        known or (NO_UTF8 if clean.encode("utf-8") != record else None)
        for known, clean, record in zip(batch.column("_damage").to_pylist(), decoded, records, strict=True)
    ]
    batch = batch.set_column(batch.schema.get_field_index("text"), "text", pa.array(decoded, pa.string()))
    return batch.set_column(batch.schema.get_field_index("_damage"), "_damage", pa.array(damage, pa.string()))


def _parquet_batches(source: Source, columns: Columns, waiting: _Waiting) -> Iterator[Batch]:
    try:
        with source.delivery.open() as opened:
            source.sha256 = HashingFile(opened).hash_to_end()
            opened.seek(0)
            metadata = pq.read_metadata(opened)
            file = pq.ParquetFile(
                opened,
                metadata=metadata,
                read_dictionary=texts_of_few_values(metadata),
                # as nanoseconds, the pre-1678 or post-2262 instants of an old writer would wrap around
                coerce_int96_timestamp_unit="us",
                # what is read ahead would stay in memory until the file's end: 70 MB of a million requests
                pre_buffer=False,
                # else a row group's compressed columns are in memory whole, however large it is
                buffer_size=PARQUET_BUFFER_BYTES,
            )
            header = tuple(file.schema_arrow.names)
            _check_columns("schema", header, columns.required, ", ".join(header))
            for batch in file.iter_batches(batch_size=8 * ROWS_PER_RECORD_BATCH):
                table = _parquet_table(source, batch, columns.known)
                source.records += table.num_rows
                yield from waiting.add(("parquet", header, table.schema), table, table.nbytes)
    except (pa.ArrowException, ValueError) as error:
        raise BrokenFile(f"no readable Parquet file: {error}") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise BrokenFile(f"no readable Parquet file: {error}") from error


def _parquet_table(source: Source, batch: pa.RecordBatch, known: frozenset[str]) -> pa.Table:
    columns, damage = readable(batch, known)
    table = pa.table({f"c{index}": column for index, column in enumerate(columns)})
    lines = np.arange(source.records + 1, source.records + 1 + batch.num_rows)
    table = _with_origin([source], np.array([batch.num_rows]), lines, table)
    return table.append_column("_damage", damage)
