"""Reading a delivered file once: hashing, decompressing and cutting it into records on the way.

What is hashed is what is loaded, even where a file changes while it is read. A record keeps the number of the
physical line it starts on.
"""

from __future__ import annotations

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
NEWLINE = 10
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
    ends = positions(chunk, NEWLINE) + 1
    return Piece(b"", ends, np.arange(first_line, first_line + len(ends)))


def positions(chunk: np.ndarray, byte: int, step: int = 1 << 18) -> np.ndarray:
    """Where `byte` stands in `chunk`; in steps that stay in the processor's cache (10 times faster than at once)."""
    if len(chunk) <= step:
        return np.flatnonzero(chunk == byte)
    found = [np.flatnonzero(chunk[start : start + step] == byte) + start for start in range(0, len(chunk), step)]
    return np.concatenate(found)
