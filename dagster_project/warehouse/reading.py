"""Reading a delivered file once: hashing, decompressing and cutting it into records on the way.

What is hashed is what is loaded, even where a file changes while it is read. A record keeps the number of the
physical line it starts on. Cutting is done on whole chunks by numpy; only damaged stretches are walked line by line.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
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
    """A file that hashes what is read from it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = io.FileIO(path)
        self._sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        count = self._file.readinto(view) or 0
        self._sha256.update(view[:count])
        return count

    def close(self) -> None:
        self._file.close()
        super().close()

    def hexdigest(self) -> str:
        return self._sha256.hexdigest()


# (chunk, number of its first line, whether the file ends with it) -> the whole records in it
Split = Callable[[np.ndarray, int, bool], Piece]


def read_pieces(path: Path, compression: str | None, split: Split) -> Iterator[Piece | str]:
    """The file's records, piece by piece, and at last the SHA-256 of its bytes as they lie on disk.

    A piece must be used before the next is asked for: they share one buffer.
    Raises BrokenFile for a file that is cut or corrupt, OSError for one that can't be opened.
    """
    with HashingFile(path) as file:
        stream = file if compression is None else pa.CompressedInputStream(pa.PythonFile(file, "r"), compression)
        try:
            yield from _cut(stream, split, bytearray(min(CHUNK_BYTES, _room(path, compression))))
        except (pa.ArrowInvalid, pa.ArrowException) as error:
            raise BrokenFile(str(error)) from error
        except OSError as error:
            if compression is None or error.errno is not None:
                raise
            raise BrokenFile(str(error)) from error  # how pyarrow tells of a cut or corrupt compressed stream
        yield file.hexdigest()


def _room(path: Path, compression: str | None) -> int:
    """Bytes that a small file fits in: for thousands of them, touching fresh memory would cost more than reading."""
    return path.stat().st_size + 2 if compression is None else max(1 << 16, 8 * path.stat().st_size)


def _cut(stream: io.RawIOBase, split: Split, buffer: bytearray) -> Iterator[Piece]:
    filled, line = 0, 1
    while True:
        count = stream.readinto(memoryview(buffer)[filled:]) or 0
        filled += count
        at_end = count == 0
        if not filled:
            return
        if line == 1 and buffer.startswith(BYTE_ORDER_MARK):
            buffer[: len(BYTE_ORDER_MARK)] = b"   "
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
        newlines, quotes = _positions(chunk, NEWLINE), _positions(chunk, QUOTE)
        quotes_before = np.searchsorted(quotes, newlines)
        ends: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
        damage: dict[int, str] = {}
        found, at = 0, 0  # records found; index of the newline that ends the next physical line
        while at < len(newlines):
            opened = quotes_before[at - 1] if at else 0
            closing = at + np.flatnonzero((quotes_before[at:] - opened) % 2 == 0)
            sound = self._sound_records(chunk, newlines, closing, at)
            ends.append(newlines[closing[:sound]] + 1)
            found, at = found + sound, int(closing[sound - 1]) + 1 if sound else at
            all_closed = sound == len(closing)
            if at == len(newlines) or (all_closed and not at_end and len(chunk) - newlines[at] <= MAX_QUOTED_BYTES):
                break  # nothing is left, or the next chunk may still close the quote
            ends.append(newlines[at : at + 1] + 1)
            damage[found] = "a quote that is never closed"
            found, at = found + 1, at + 1
        all_ends = np.concatenate(ends)
        starts = np.concatenate([[0], all_ends[:-1]])[:found]
        return Piece(b"", all_ends, np.searchsorted(newlines, starts) + first_line, damage)

    def _sound_records(self, chunk: np.ndarray, newlines: np.ndarray, closing: np.ndarray, at: int) -> int:
        """How many of the records that end at the newlines `closing` precede the first unsound one of several lines."""
        first_lines = np.concatenate([[at], closing[:-1] + 1])[: len(closing)]
        if self._width is None and len(closing):
            self._width = _width(chunk[: newlines[closing[0]]].tobytes())
        for index in np.flatnonzero(closing > first_lines):
            first = int(first_lines[index])
            record = chunk[newlines[first - 1] + 1 if first else 0 : newlines[closing[index]] + 1]
            if len(record) > MAX_QUOTED_BYTES or _width(record.tobytes()) != self._width:
                return int(index)
        return len(closing)


def _width(record: bytes) -> int | None:
    try:
        return len(csv_fields(record))
    except (csv.Error, StopIteration):
        return None


def csv_fields(record: bytes) -> list[str]:
    """The fields of one CSV record. Raises csv.Error where its quotes are malformed."""
    return next(csv.reader(io.StringIO(record.decode("utf-8", "replace"), newline=""), strict=True))


def _positions(chunk: np.ndarray, byte: int, step: int = 1 << 18) -> np.ndarray:
    """Where `byte` stands in `chunk`; in steps that stay in the processor's cache (10 times faster than at once)."""
    if len(chunk) <= step:
        return np.flatnonzero(chunk == byte)
    found = [np.flatnonzero(chunk[start : start + step] == byte) + start for start in range(0, len(chunk), step)]
    return np.concatenate(found)
