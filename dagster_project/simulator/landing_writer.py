"""Delivered lines as landing files: JSON lines, CSV and Parquet, the same bytes for the same lines."""

from __future__ import annotations

import gzip
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from dagster_project.simulator.disturbances import CUT, Delivery
from dagster_project.simulator.feeds import JSON_COLUMNS, FeedFile
from dagster_project.simulator.world import World

# Names that begin with "_" or end in ".tmp" are being written; readers of the landing zone pass them over.
STAGE = "_sample.tmp"
# Written once, read once: level 3 compresses 2.5 times faster than the default 6, for a fifth more bytes.
GZIP_LEVEL = 3
# Lines that are rendered at once, so that memory doesn't grow with the sample.
BLOCK_LINES = 200_000
# The hidden column that marks lines to be cut.
CUT_COLUMN = "__cut"


@contextmanager
def staged(landing: Path) -> Iterator[Path]:
    """A folder for new files inside the landing zone; at the end each becomes visible by one atomic rename.

    A run killed before leaves nothing visible, one killed amid the renames leaves whole files only; the same run again
    clears its remains and completes it. One sample at a time: the folder's name is fixed.
    """
    stage = landing / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    try:
        yield stage
        for file in sorted(stage.rglob("*")):
            target = landing / file.relative_to(stage)
            if file.is_dir():
                target.mkdir(exist_ok=True)
            else:
                os.replace(file, target)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write_feed(
    stage: Path, renderer: duckdb.DuckDBPyConnection, world: World, feed: str, file: FeedFile, delivery: Delivery
) -> tuple[int, int]:
    """Writes one file per delivery day that has lines; returns the number of files and of bytes.

    `renderer` is any DuckDB connection; it makes JSON lines and keeps nothing.
    """
    table = pa.Table.from_pandas(delivery.lines, preserve_index=False).replace_schema_metadata(None)
    table = table.append_column(CUT_COLUMN, pa.array(delivery.damage == CUT))
    bounds = np.searchsorted(delivery.day, np.arange(world.days + 1))
    is_json = "json" in file.extension
    contents = _json_files(renderer, table, bounds, file) if is_json else _table_files(table, bounds, file)
    files = size = 0
    for day, content in contents:
        folder = stage / feed / f"dt={world.dates[day]}"
        folder.mkdir(parents=True)
        packed = _packed(content, file.extension)
        (folder / f"part-000.{file.extension}").write_bytes(packed)
        files, size = files + 1, size + len(packed)
    return files, size


def _packed(content: bytes, extension: str) -> bytes:
    if extension.endswith(".gz"):
        return gzip.compress(content, GZIP_LEVEL, mtime=0)
    if extension.endswith(".zst"):
        return pa.Codec("zstd").compress(content, asbytes=True)
    return content


def _table_files(table: pa.Table, bounds: np.ndarray, file: FeedFile) -> Iterator[tuple[int, bytes]]:
    """CSV or Parquet: a column that holds nothing on a day is left out of that day's file."""
    table = _plain(table.drop_columns(CUT_COLUMN), as_text=file.extension != "parquet")
    for day in np.flatnonzero(np.diff(bounds)):
        rows = table.slice(bounds[day], bounds[day + 1] - bounds[day])
        rows = rows.select([name for name in rows.column_names if rows[name].null_count < len(rows)])
        out = io.BytesIO()
        if file.extension == "parquet":
            pyarrow.parquet.write_table(rows, out, compression="zstd", store_schema=False)
        else:
            pyarrow.csv.write_csv(rows, out)
        yield int(day), out.getvalue()


def _plain(table: pa.Table, as_text: bool) -> pa.Table:
    """The table without dictionary types and, for text formats, with timestamps in ISO 8601."""
    columns = []
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        if as_text and pa.types.is_timestamp(column.type):
            utc = column.cast(pa.timestamp("ms", "UTC")).cast(pa.string())
            column = pc.replace_substring(utc, " ", "T")
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _json_files(
    renderer: duckdb.DuckDBPyConnection, table: pa.Table, bounds: np.ndarray, file: FeedFile
) -> Iterator[tuple[int, bytes]]:
    """JSON lines, rendered by DuckDB for several days at once and cut out of its text buffer day by day."""
    for days in _blocks(bounds):
        first, last = int(bounds[days[0]]), int(bounds[days[-1] + 1])
        renderer.register("delivered", table.slice(first, last - first))
        select = renderer.sql(f"select {_json_line(table.schema, file)} as line from delivered")
        lines = pc.cast(select.to_arrow_table()["line"], pa.large_string()).combine_chunks()
        offsets = np.frombuffer(lines.buffers()[1], dtype=np.int64)[lines.offset :]
        text = lines.buffers()[2]
        for day in days[np.diff(bounds)[days] > 0]:
            begins, ends = offsets[bounds[day] - first], offsets[bounds[day + 1] - first]
            yield int(day), text[int(begins) : int(ends)].to_pybytes()


def _blocks(bounds: np.ndarray) -> Iterator[np.ndarray]:
    """Runs of days that together hold about `BLOCK_LINES` lines."""
    if bounds[-1] == 0:
        return
    block = bounds[:-1] // BLOCK_LINES
    yield from np.split(np.arange(len(block)), np.flatnonzero(np.diff(block)) + 1)


def _json_line(schema: pa.Schema, file: FeedFile) -> str:
    """The SQL of one line; keys without a value are left out, cut lines end in their middle."""
    pairs = ", ".join(_json_pair(field, file) for field in schema if field.name != CUT_COLUMN)
    line = f"'{{' || concat_ws(',', {pairs}) || '}}'"
    return f"case when {CUT_COLUMN} then left({line}, length({line}) // 2) else {line} end || chr(10)"


def _json_pair(field: pa.Field, file: FeedFile) -> str:
    value = f'"{field.name}"'
    if field.name in JSON_COLUMNS:
        text = value
    elif pa.types.is_timestamp(field.type):
        text = f"epoch_ms({value})" if file.is_epoch else f"strftime({value}, '\"%Y-%m-%dT%H:%M:%S.%gZ\"')"
    else:
        text = f"to_json({value})::varchar"
    return f"case when {value} is not null then '{value}:' || {text} end"
