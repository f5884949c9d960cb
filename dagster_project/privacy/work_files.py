"""Everything else in the home that may name the person: logs, reports, dbt's and Dagster's files, odd ones in landing.

Text loses the person's values, in databases of SQLite too; what is neither and names the person is told, not touched.
"""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from dagster_project.alerts.configuration import alerts_file
from dagster_project.privacy.context import Count, Erasure
from dagster_project.privacy.person import Person
from dagster_project.settings import Settings
from dagster_project.warehouse.contract import read_contracts
from dagster_project.warehouse.load.landing import LAST_DAY, scan

PLACE = "work files"
SQLITE_MAGIC = b"SQLite format 3\0"
SQLITE_SIDE_FILES = ("-wal", "-shm", "-journal")  # emptied with their database
# Dagster's daemon writes its ticks whenever it likes.
SQLITE_PATIENCE_SECONDS = 60


def find_in_work_files(erasure: Erasure) -> Iterator[Count]:
    """Every file with texts that name the person, but those that other places are responsible for."""
    for path in _other_files(erasure.settings):
        if count := _clean(path, erasure, is_dry=True):
            yield Count(PLACE, str(path.relative_to(erasure.settings.home)), redacted=count)


def clean_work_files(erasure: Erasure) -> None:
    """Take the person out of all of them that are text; what is not is found again, and told."""
    for path in _other_files(erasure.settings):
        _clean(path, erasure, is_dry=False)


def _other_files(settings: Settings) -> Iterator[Path]:
    """The files of the home but deliveries, DuckDB files, and what an erasure itself keeps."""
    deliveries = {delivery.path for delivery in scan(settings.landing, read_contracts(), LAST_DAY).deliveries}
    for folder, _, names in os.walk(settings.home):
        for path in (Path(folder) / name for name in names):
            if path in deliveries or path.is_symlink() or not path.is_file():
                continue
            if ".duckdb" in path.name or path.parent == settings.erasing or path.name.endswith(SQLITE_SIDE_FILES):
                continue
            if path.is_relative_to(settings.dashboards) or _names_nobody(path, settings):
                continue
            yield path


def _names_nobody(path: Path, settings: Settings) -> bool:
    """What configures the home, the list of the erased (keyed hashes), and what dbt keeps of the project as parsed."""
    configured = (settings.home / "settings.yml", alerts_file(settings), settings.home / "pii.key")
    dbt = settings.work / "dbt"
    is_of_the_code = path.is_relative_to(dbt / "parse") or (path.parent == dbt and path.name.startswith("manifest-"))
    return is_of_the_code or path in {*configured, settings.erased}


def _clean(path: Path, erasure: Erasure, is_dry: bool) -> int:
    """How many texts of the file name the person; they lose the name, unless it is a dry run or no file of text."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # of a process that ended meanwhile
        return 0
    if data.startswith(SQLITE_MAGIC):
        return _clean_sqlite(path, erasure.person, is_dry)
    plain = _unpacked(path, data)
    lines = plain.decode("utf-8", "surrogateescape").splitlines(keepends=True)
    is_own = path.parent == erasure.settings.work and path.suffix in (".json", ".jsonl")
    cleaned = [_redacted_json(line, erasure.person) if is_own else erasure.person.redacted(line) for line in lines]
    count = sum(1 for old, new in zip(lines, cleaned, strict=True) if old != new)
    if count and not is_dry and b"\0" not in plain and not _is_being_written(path, erasure.settings):
        _replace(path, _packed(path, "".join(cleaned).encode("utf-8", "surrogateescape")))
    return count


def _redacted_json(line: str, person: Person) -> str:
    """A line of JSON that the warehouse reads again: of the same members, and with words that may be what they say."""
    try:
        content = json.loads(line)
    except ValueError:
        return person.redacted(line)
    cleaned = _without(content, person)
    return line if cleaned == content else json.dumps(cleaned, ensure_ascii=False) + line[len(line.rstrip()) :]


def _without(value: Any, person: Person) -> Any:
    if isinstance(value, Mapping):
        return {name: _without(member, person) for name, member in value.items()}
    if isinstance(value, list):
        return [_without(member, person) for member in value]
    return person.redacted(value) if isinstance(value, str) and value.lower() not in person.words else value


def _is_being_written(path: Path, settings: Settings) -> bool:
    return path.is_relative_to(settings.landing) and (path.name.startswith((".", "_")) or path.name.endswith(".tmp"))


def _unpacked(path: Path, data: bytes) -> bytes:
    """The content of a compressed file; what can't be unpacked is taken as it is."""
    try:
        if path.suffix == ".gz":
            return gzip.decompress(data)
        if path.suffix == ".zst":
            return pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
    except (OSError, EOFError, pa.ArrowException):
        pass
    return data


def _packed(path: Path, data: bytes) -> bytes:
    if path.suffix == ".gz":
        return gzip.compress(data, mtime=0)
    return pa.Codec("zstd").compress(data, asbytes=True) if path.suffix == ".zst" else data


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(data)
        draft.chmod(path.stat().st_mode & 0o777)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _clean_sqlite(path: Path, person: Person, is_dry: bool) -> int:
    """Redact every text of the database; then write it anew, so that nothing stays in free pages or the journal."""
    with closing(sqlite3.connect(path, timeout=SQLITE_PATIENCE_SECONDS, isolation_level=None)) as connection:
        connection.create_function("redacted", 1, lambda value: _redacted(value, person), deterministic=True)
        changed = 0
        for table, columns in _text_columns(connection).items():
            where = " or ".join(f"{column} is not redacted({column})" for column in columns)
            changed += connection.execute(f"select count(*) from {table} where {where}").fetchone()[0]
            if not is_dry:
                assignments = ", ".join(f"{column} = redacted({column})" for column in columns)
                connection.execute(f"update {table} set {assignments} where {where}")
        if changed and not is_dry:
            connection.execute("pragma secure_delete = on")
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
        return changed


def _text_columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The quoted columns of every table, by its quoted name; SQLite may hold text in any of them."""
    tables = connection.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    return {
        f'"{table}"': [f'"{name}"' for _, name, *_ in connection.execute(f'pragma table_info("{table}")').fetchall()]
        for (table,) in tables.fetchall()
    }


def _redacted(value: Any, person: Person) -> Any:
    if isinstance(value, str):
        return person.redacted(value)
    if isinstance(value, bytes):
        try:
            return person.redacted(value.decode("utf-8")).encode("utf-8")
        except UnicodeDecodeError:  # no text, such as what Dagster compresses of its code
            return value
    return value
