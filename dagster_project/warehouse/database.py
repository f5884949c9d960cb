"""Opening the candidate, and the lock that makes its writer the only one."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dagster_project.settings import Settings, memory_limit

# A reader of the candidate (the expectation suites) may outlive a killed night by seconds.
OPEN_PATIENCE_SECONDS = 60

_held: dict[Path, int] = {}


@contextmanager
def writer_lock(settings: Settings, report: Callable[[str], None] = print) -> Iterator[None]:
    """Hold the home's one writer lock; a second process waits its turn, the same process may nest.

    The lock is the operating system's (`flock`), so it ends with the process that held it, however that ends.
    """
    path = settings.work / "writer.lock"
    if _held.get(path):
        _held[path] += 1
        try:
            yield
        finally:
            _held[path] -= 1
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+", encoding="utf-8") as file:
        _acquire(file, report)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        _held[path] = 1
        try:
            yield
        finally:
            del _held[path]


def _acquire(file, report: Callable[[str], None]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        report(f"waiting for another run (process {file.read().strip() or 'unknown'}) that writes to this home")
        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def open_database(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the DuckDB file at `path`, in UTC, closed at the end; waits out a lock left by a dying reader.

    Whoever writes holds the writer lock; what a killed writer had moved out of memory is removed then.
    Raises duckdb.IOException when the file stays locked for `OPEN_PATIENCE_SECONDS`.
    """
    connection = _connect(path, read_only)
    if not read_only:
        shutil.rmtree(spill_folder(path), ignore_errors=True)
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    finally:
        connection.close()


def spill_folder(path: Path) -> Path:
    """Where DuckDB puts what does not fit into memory; it has raw text in it, and only a next spill would remove it."""
    return path.with_name(f"{path.name}.tmp")


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    deadline = time.monotonic() + OPEN_PATIENCE_SECONDS
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config={"memory_limit": memory_limit()})
        except duckdb.IOException as error:
            if "lock" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def in_memory(**options: str | int) -> duckdb.DuckDBPyConnection:
    """A database to attach files to, within the limit of memory."""
    return duckdb.connect(config={"memory_limit": memory_limit(), **options})


def only_row(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()) -> tuple:
    """The one row that `sql` gives (for an insert, the count); a result read in part would block the connection."""
    (row,) = connection.execute(sql, parameters).fetchall()
    return row
