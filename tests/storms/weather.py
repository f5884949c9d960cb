"""A storm: many mutated files land in one home, are loaded at once, and every record is compared with the oracle."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.load.feeds import load
from dagster_project.warehouse.load.personal_data import personal_data_key
from tests.storms.mutations import Mutated, mutated
from tests.storms.oracle import CutOrCorrupt, Expected, expectations
from tests.storms.oracle_values import BROKEN, EITHER, Structure

PERSONAL = re.compile(r"secret-\d+@example\.org|203\.0\.113\.77")


@dataclass
class Tally:
    """How many files and records a storm had, and how many records the oracle left open."""

    files: int = 0
    broken_files: int = 0
    records: int = 0
    loaded: int = 0
    open: int = 0


def storm(home: Path, seed: int, numbers: range, tally: Tally) -> list[str]:
    """Land and load the files of these numbers; returns what went wrong, in words."""
    contracts, settings = read_contracts(), Settings(home)
    files = [mutated(contracts, seed, number) for number in numbers]
    for file in files:
        path = settings.landing / file.feed / f"dt={file.dt}" / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    load(settings, report=lambda line: None)
    key = personal_data_key(settings)
    with duckdb.connect(str(settings.candidate), read_only=True) as connection:
        problems = [f"leak: {leak}" for leak in _leaks(connection)]
        for file in files:
            found = _Found(connection, contracts[file.feed], file.dt, file.name)
            problems += [f"{file.told} [{file.feed}/{file.name}]: {told}" for told in _compare(found, file, key, tally)]
    return problems


class _Found:
    """What the warehouse says of one file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, feed: Feed, dt: date, name: str) -> None:
        self.feed = feed
        ledger = connection.execute(
            "select _file_id, lines, loaded, duplicates, quarantined, status from load.deliveries "
            "where feed = ? and dt = ? and file = ?",
            [feed.name, dt, name],
        ).fetchall()
        self.ledger = ledger[0] if len(ledger) == 1 else None
        columns = ", ".join(f'"{column.name}"' for column in feed.columns)
        rows = connection.execute(
            f"select _line, {columns} from raw.{feed.name} where _file_id = $1 union all "
            f"select _line, {columns} from superseded.{feed.name} where _file_id = $1",
            [self.ledger[0] if self.ledger else -1],
        ).fetchall()
        names = [column.name for column in feed.columns]
        self.rows = {line: dict(zip(names, values, strict=True)) for line, *values in rows}
        self.row_count = len(rows)
        self.quarantine = connection.execute(
            "select line, lines, reason, raw_text from load.quarantine where feed = ? and dt = ? and file = ?",
            [feed.name, dt, name],
        ).fetchall()


def _compare(found: _Found, file: Mutated, key: bytes, tally: Tally) -> Iterator[str]:
    tally.files += 1
    if found.ledger is None:
        yield "not in the ledger"
        return
    _, lines, loaded, duplicates, quarantined, status = found.ledger
    if lines != loaded + duplicates + quarantined:
        yield f"{lines} lines, {loaded} loaded, {duplicates} duplicates, {quarantined} quarantined"
    if sum(count for _, count, _, _ in found.quarantine) != quarantined:
        yield "the quarantine has other counts than the ledger"
    if any(not reason for _, _, reason, _ in found.quarantine):
        yield "quarantined without a reason"
    try:
        expected = expectations(found.feed, file.dt, file.name, file.content)
    except CutOrCorrupt as cut:
        tally.broken_files += 1
        if status != "quarantined" or loaded + duplicates or found.rows or quarantined < 1:
            yield f"loaded although it can't be read: {cut}"
        return
    tally.records += len(expected)
    tally.loaded += len(found.rows)
    if status != "loaded":
        yield f"quarantined whole: {found.quarantine[0][2]}"
    elif lines != len(expected) or found.row_count != len(found.rows):
        yield f"{lines} lines, expected {len(expected)}; {found.row_count} rows of {len(found.rows)} lines"
    else:
        yield from _compare_records(found, expected, key, tally)


def _compare_records(found: _Found, expected: list[Expected], key: bytes, tally: Tally) -> Iterator[str]:
    quarantined = {line: (reason, text) for line, _, reason, text in found.quarantine}
    for record in expected:
        row = found.rows.get(record.line)
        if (row is None) == (record.line not in quarantined):
            yield f"line {record.line}: {'neither' if row is None else 'both'} loaded nor quarantined"
        if record.values is EITHER:
            tally.open += 1
        elif record.values is BROKEN:
            if row is not None:
                yield f"line {record.line}: loaded though broken: {row}"
            elif quarantined.get(record.line, ("", ""))[1] is None:
                yield f"line {record.line}: quarantined without its text"
        elif row is None:
            yield f"line {record.line}: quarantined though sound: {quarantined.get(record.line)}"
        else:
            yield from _compare_values(found.feed, record, row, key)


def _compare_values(feed: Feed, record: Expected, row: dict, key: bytes) -> Iterator[str]:
    for column in feed.columns:
        wanted, value = record.values[column.name], row[column.name]
        if isinstance(wanted, Structure):
            is_equal = value is not None
        elif column.pii and wanted is not None:
            is_equal = value == hmac.new(key, wanted.encode(), hashlib.sha256).hexdigest()
        else:
            is_equal = value == wanted
        if not is_equal:
            yield f"line {record.line}: {column.name} is {value!r}, expected {wanted!r}"


def _leaks(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Personal data that stands in clear in the quarantine."""
    for file, reason, text in connection.execute("select file, reason, raw_text from load.quarantine").fetchall():
        if PERSONAL.search(f"{reason} {text}"):
            yield f"{file}: {reason}: {text}"[:500]
