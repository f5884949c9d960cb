"""Delivered files without the person's records, in every form that may land.

In JSON lines and CSV a record that goes leaves its line behind, empty: an empty line is no record, and all others
keep their numbers. In Parquet the rows after it move up. Everything else stays byte by byte.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from dagster_project.privacy.person import Person
from dagster_project.privacy.rules import cleaned, is_owned
from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.load.comma_separated import CsvSplit, csv_fields
from dagster_project.warehouse.load.landing import Delivery
from dagster_project.warehouse.load.reading import (
    BrokenFile,
    HashingFile,
    Piece,
    read_pieces,
    split_lines,
)

# Records are looked at in lots of about this many bytes; a lot without the person is passed on as it is.
LOT_BYTES = 1 << 20
PARQUET_ROWS = 65_536
READ_BYTES = 4096


@dataclass
class Change:
    """What a file loses: numbers of the records that go, how many only lose values, whether it can't be read on."""

    removed: list[int] = field(default_factory=list)
    redacted: int = 0
    is_broken: bool = False

    def __bool__(self) -> bool:
        return bool(self.removed or self.redacted)


def find(delivery: Delivery, feed: Feed, person: Person) -> Change:
    """What the file would lose. Raises OSError where it can't be opened."""
    return _clean(delivery, feed, person, None)


def write_cleaned(delivery: Delivery, feed: Feed, person: Person, draft: Path) -> Change:
    """Write the file without the person to `draft`, in the same form."""
    return _clean(delivery, feed, person, draft)


def own_records(delivery: Delivery, feed: Feed, person: Person) -> Iterator[dict[str, Any]]:
    """The records that are the person's own, by column; of a broken file those that can be read."""
    try:
        if delivery.format[0] == "parquet":
            found = (record for batch in _row_groups(delivery) for _, record in _candidates(batch, person))
        else:
            found = (
                fields
                for lot, header in _lots(delivery)
                if person.may_be_in(lot.data)
                for record, _ in _records(lot)
                if (fields := _fields(record, header)) is not None
            )
        yield from (record for record in found if is_owned(feed, record, person.ids))
    except BrokenFile:
        return


def _clean(delivery: Delivery, feed: Feed, person: Person, draft: Path | None) -> Change:
    change = Change()
    try:
        if delivery.format[0] == "parquet":
            _clean_parquet(delivery, feed, person, draft, change)
        else:
            with _compressed(draft, delivery.format[1]) as out:
                for lot, header in _lots(delivery):
                    out.write(_clean_lot(lot, header, feed, person, change) if person.may_be_in(lot.data) else lot.data)
    except BrokenFile:
        change.is_broken = True
    return change


def _lots(delivery: Delivery) -> Iterator[tuple[Piece, list[str] | None]]:
    """The file in lots of whole records, each with the CSV header; the header itself is a lot without records."""
    with delivery.open() as opened:
        is_csv = delivery.format[0] == "csv"
        yield from _cut(
            read_pieces(HashingFile(opened), delivery.format[1], CsvSplit() if is_csv else split_lines), is_csv
        )


def _cut(pieces: Iterator[Piece], is_csv: bool) -> Iterator[tuple[Piece, list[str] | None]]:
    header: list[str] | None = None
    for piece in pieces:
        first = 0
        if is_csv and header is None:
            end = int(piece.ends[0])
            header, first = _names(bytes(piece.data[:end])), 1
            yield Piece(bytes(piece.data[:end]), piece.ends[:0], piece.lines[:0]), header
        while first < len(piece.ends):
            start = int(piece.ends[first - 1]) if first else 0
            last = max(first + 1, int(piece.ends.searchsorted(start + LOT_BYTES)))
            ends = piece.ends[first:last] - start
            damage = {i - first: why for i, why in piece.damage.items() if first <= i < last}
            yield Piece(bytes(piece.data[start : start + int(ends[-1])]), ends, piece.lines[first:last], damage), header
            first = last


def _records(lot: Piece) -> Iterator[tuple[bytes, int]]:
    start = 0
    for end, line in zip(lot.ends.tolist(), lot.lines.tolist(), strict=True):
        yield bytes(lot.data[start:end]), line
        start = end


def _clean_lot(lot: Piece, header: list[str] | None, feed: Feed, person: Person, change: Change) -> bytes:
    if not len(lot.ends):
        return bytes(lot.data)  # a header names columns
    out = []
    for record, line in _records(lot):
        new = _clean_record(record, header, feed, person) if person.may_be_in(record) else record
        if new is None:
            change.removed.append(line)
            new = b"\n" * record.count(b"\n")
        elif new != record:
            change.redacted += 1
        out.append(new)
    return b"".join(out)


def _clean_record(record: bytes, header: list[str] | None, feed: Feed, person: Person) -> bytes | None:
    """The record without the person, or None where nothing of it may stay."""
    fields = _fields(record, header)
    if fields is None:  # beyond parsing: nobody can say whose it is
        return None if person.is_in(record.decode("utf-8", "replace")) else record
    changed = cleaned(feed, fields, person)
    if not changed:
        return record if changed is not None else None
    new = fields | changed
    if header is None:
        return json.dumps(new, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(["" if new[name] is None else new[name] for name in header])
    return text.getvalue().encode()


def _fields(record: bytes, header: list[str] | None) -> dict[str, Any] | None:
    if header is None:
        return _json_object(record)
    try:
        values = csv_fields(record)
    except (csv.Error, StopIteration):
        return None
    return dict(zip(header, values, strict=True)) if len(values) == len(header) else None


def _json_object(record: bytes) -> dict[str, Any] | None:
    try:
        pairs = json.loads(record, object_pairs_hook=lambda pairs: pairs if _repeats(pairs) else dict(pairs))
    except (ValueError, RecursionError):
        return None
    return pairs if isinstance(pairs, dict) else None


def _repeats(pairs: list[tuple[str, Any]]) -> bool:
    return len({name for name, _ in pairs}) < len(pairs)


def _names(line: bytes) -> list[str]:
    try:
        return [name.strip() for name in csv_fields(line)]
    except (csv.Error, StopIteration):
        return []


def readable(path: Path, compression: str | None) -> bytes:
    """The content of a file, or of a cut or corrupt one as much as can be unpacked."""
    if compression is None:
        return path.read_bytes()
    content = bytearray()
    with pa.OSFile(str(path)) as file:
        stream = pa.CompressedInputStream(file, compression)
        try:
            while part := stream.read(READ_BYTES):
                content += part
        except (OSError, pa.ArrowException):
            pass
    return bytes(content)


@contextmanager
def _compressed(draft: Path | None, compression: str | None) -> Iterator[IO[bytes]]:
    """Where to write; the same content gives the same bytes at any time."""
    if draft is None:
        with open(os.devnull, "wb") as nowhere:
            yield nowhere
    elif compression == "gzip":
        with open(draft, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as out:
            yield out  # type: ignore[misc]
    else:
        with pa.CompressedOutputStream(str(draft), "zstd") if compression else open(draft, "wb") as out:
            yield out


def _row_groups(delivery: Delivery) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(delivery.path) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group)
    except (pa.ArrowException, ValueError) as error:
        raise BrokenFile(str(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise BrokenFile(str(error)) from error


def _candidates(group: pa.Table, person: Person) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows that may concern the person, by their position in the group; columns of text are looked at, all at once."""
    for first in range(0, group.num_rows, PARQUET_ROWS):
        rows = group.slice(first, PARQUET_ROWS)
        for index, record in enumerate(rows.to_pylist()):
            if person.may_be_in(json.dumps(record, default=_spelt_out, ensure_ascii=False).encode()):
                yield first + index, record


def _spelt_out(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _clean_parquet(delivery: Delivery, feed: Feed, person: Person, draft: Path | None, change: Change) -> None:
    done = 0
    groups = []
    for group in _row_groups(delivery):
        verdicts = {row: cleaned(feed, record, person) for row, record in _candidates(group, person)}
        gone = [row for row, changed in verdicts.items() if changed is None]
        change.removed += [done + row + 1 for row in gone]
        change.redacted += sum(1 for changed in verdicts.values() if changed)
        done += group.num_rows
        if draft is not None:
            groups.append(_without(_changed(group, verdicts), gone))
    if draft is not None and groups:
        with pq.ParquetFile(delivery.path) as file:
            codec = file.metadata.row_group(0).column(0).compression if file.metadata.num_row_groups else "SNAPPY"
        with pq.ParquetWriter(draft, groups[0].schema, compression=codec.replace("UNCOMPRESSED", "NONE")) as writer:
            for group in groups:
                writer.write_table(group)


def _changed(group: pa.Table, verdicts: dict[int, dict[str, Any] | None]) -> pa.Table:
    names = {name for changed in verdicts.values() if changed for name in changed}
    for name in names:
        values = group[name].to_pylist()
        for row, changed in verdicts.items():
            if changed and name in changed:
                values[row] = changed[name]
        field_ = group.schema.field(name)
        if pa.types.is_dictionary(field_.type):
            column = pa.array(values, field_.type.value_type).dictionary_encode()
        else:
            column = pa.array(values, field_.type)
        group = group.set_column(group.schema.get_field_index(name), field_, column)
    return group


def _without(group: pa.Table, gone: list[int]) -> pa.Table:
    if not gone:
        return group
    dropped = set(gone)
    return group.filter(pa.array([row not in dropped for row in range(group.num_rows)], pa.bool_()))
