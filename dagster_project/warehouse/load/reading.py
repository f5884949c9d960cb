"""Reading a delivered file once: hashing, decompressing and cutting it into records on the way.

What is hashed is what is loaded, even where a file changes while it is read. A record keeps the number of the
physical line it starts on. Cutting is done on whole chunks by numpy; only damaged stretches are walked line by line.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pyarrow as pa

CHUNK_BYTES = 256 << 20
# Arrow's string offsets are 32 bits wide; no sane record comes near it.
MAX_RECORD_BYTES = 1 << 30
# Past this an open quote is taken for a stray one; DuckDB's own CSV reader stops at 2 MB.
MAX_QUOTED_BYTES = 8 << 20
NEWLINE, QUOTE = 10, 34
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NO_UTF8 = "bytes that are no UTF-8"


class BrokenFile(Exception):
    """The file can't be read to its end, so that nothing of it may be loaded; the message says why."""


@dataclass
class Piece:
    """Whole records of one file: record i is `data[ends[i - 1]:ends[i]]` and starts on line `lines[i]`."""

    data: memoryview | bytes
    ends: np.ndarray
    lines: np.ndarray
    damage: dict[int, str] = field(default_factory=dict)


class HashingFile(io.RawIOBase):
    """A view of an open file that hashes what is read through it; closing the view leaves the file open."""

    def __init__(self, file: io.FileIO) -> None:
        super().__init__()
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = os.fstat(file.fileno()).st_size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        count = self._file.readinto(view) or 0
        self._sha256.update(view[:count])
        return count

    def hash_to_end(self) -> str:
        """The SHA-256 of all of the file's bytes: of what was read, and of what is still to come."""
        while chunk := self._file.read(1 << 20):
            self._sha256.update(chunk)
        return self._sha256.hexdigest()


# (chunk, number of its first line, whether the file ends with it) -> the whole records in it
Split = Callable[[np.ndarray, int, bool], Piece]


def read_pieces(file: HashingFile, compression: str | None, split: Split) -> Iterator[Piece]:
    """The file's records, piece by piece.

    A piece must be used before the next is asked for: they share one buffer.
    Raises BrokenFile for a file that is cut or corrupt, OSError for one that can't be read.
    """
    if compression and file.size == 0:  # who compresses nothing writes a header all the same
        raise BrokenFile(f"cut before its first byte; a file of no records is a {compression} stream of nothing")
    stream = file if compression is None else pa.CompressedInputStream(pa.PythonFile(file, "r"), compression)
    try:
        yield from _cut(stream, split, bytearray(min(CHUNK_BYTES, _room(file.size, compression))))
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        raise BrokenFile(str(error)) from error
    except OSError as error:
        if compression is None or error.errno is not None:
            raise
        raise BrokenFile(str(error)) from error  # how pyarrow tells of a cut or corrupt compressed stream


def _room(size: int, compression: str | None) -> int:
    """Bytes that a small file fits in: for thousands of them, touching fresh memory would cost more than reading."""
    return size + 2 if compression is None else max(1 << 16, 8 * size)


def _cut(stream: io.RawIOBase, split: Split, buffer: bytearray) -> Iterator[Piece]:
    filled, line = 0, 1
    while True:
        count = stream.readinto(memoryview(buffer)[filled:]) or 0
        filled += count
        at_end = count == 0
        if not filled:
            return
        if line == 1 and buffer.startswith(BYTE_ORDER_MARK):
            filled -= len(BYTE_ORDER_MARK)
            buffer[:filled] = buffer[len(BYTE_ORDER_MARK) : len(BYTE_ORDER_MARK) + filled]
        if at_end and filled and buffer[filled - 1] != NEWLINE:
            buffer[filled : filled + 1] = b"\n"
            filled += 1
        piece = split(np.frombuffer(buffer, dtype=np.uint8)[:filled], line, at_end)
        used = int(piece.ends[-1]) if len(piece.ends) else 0
        if used:
            piece.data = memoryview(buffer)[:used]
            line = int(piece.lines[-1]) + _count_newlines(piece)
            yield piece
            filled -= used
            buffer[:filled] = buffer[used : used + filled]
        if at_end:
            return
        if filled == len(buffer):
            buffer = _grown(buffer)


def _count_newlines(piece: Piece) -> int:
    """Physical lines of the piece's last record."""
    start = int(piece.ends[-2]) if len(piece.ends) > 1 else 0
    return bytes(piece.data[start : int(piece.ends[-1])]).count(b"\n")


def _grown(buffer: bytearray) -> bytearray:
    if len(buffer) >= MAX_RECORD_BYTES:
        raise BrokenFile(f"a record longer than {MAX_RECORD_BYTES >> 20} MiB")
    return buffer + bytearray(len(buffer) + 2)


def split_lines(chunk: np.ndarray, first_line: int, at_end: bool) -> Piece:
    """One record a line."""
    ends = _positions(chunk, NEWLINE) + 1
    return Piece(b"", ends, np.arange(first_line, first_line + len(ends)))


class CsvSplit:
    """One record a line, or several lines where a quoted field spans them.

    A record that spans lines must be well-formed and as wide as the file's first one; if it isn't, its quote is a
    stray one: its first line alone is damaged, and reading goes on at the next line, so that no good row is swallowed.
    """

    def __init__(self) -> None:
        self._width: int | None = None

    def __call__(self, chunk: np.ndarray, first_line: int, at_end: bool) -> Piece:
        newlines = _positions(chunk, NEWLINE)
        is_odd = np.searchsorted(_positions(chunk, QUOTE), newlines) % 2
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
    """The fields of one CSV record. Raises csv.Error where its quotes are malformed."""
    # as one item: a reader over a text would end the record at a lone carriage return, and the rest would be lost
    return next(csv.reader([record.decode("utf-8", "replace")], strict=True))


def _positions(chunk: np.ndarray, byte: int, step: int = 1 << 18) -> np.ndarray:
    """Where `byte` stands in `chunk`; in steps that stay in the processor's cache (10 times faster than at once)."""
    if len(chunk) <= step:
        return np.flatnonzero(chunk == byte)
    found = [np.flatnonzero(chunk[start : start + step] == byte) + start for start in range(0, len(chunk), step)]
    return np.concatenate(found)
