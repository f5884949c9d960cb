"""Parquet columns as DuckDB takes them, whatever their type and values.

DuckDB 2.0 refuses some Arrow types (float16, decimal256) and raises on values that others may hold (seconds that are
too large for microseconds, text that is no UTF-8): one such cell would stop the night.
"""

from __future__ import annotations

from functools import cache

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.warehouse.load.personal_data import without_addresses
from dagster_project.warehouse.load.reading import NO_UTF8, BrokenFile

# A column of text that takes less of a file than this for a value has few values, that are written once: DuckDB then
# takes it as it is written, each value once, too.
BYTES_OF_A_REPEATED_TEXT = 3
# Arrow refuses to read text of other encodings so, and with it the file.
ENCODINGS_OF_REPEATED_TEXTS = frozenset({"PLAIN", "RLE", "BIT_PACKED", "PLAIN_DICTIONARY", "RLE_DICTIONARY"})
# Of one column of a batch; each that fails costs DuckDB a database.
MOST_TRIALS = 200
_UNITS_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_TAKEN_AS_THEY_ARE = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_float32,
    pa.types.is_float64,
    pa.types.is_decimal128,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_null,
)


def texts_of_few_values(metadata: pq.FileMetaData) -> list[str]:
    """The columns of a Parquet file that are text with few different values."""
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    return [
        column.path
        for index, column in enumerate(metadata.schema)
        if column.logical_type.type == "STRING" and column.path == column.name  # not inside of another
        if sum(group.column(index).total_uncompressed_size for group in groups)
        < BYTES_OF_A_REPEATED_TEXT * metadata.num_rows
        if all(ENCODINGS_OF_REPEATED_TEXTS.issuperset(group.column(index).encodings) for group in groups)
    ]


def readable(batch: pa.RecordBatch, known: frozenset[str]) -> tuple[list[pa.Array], pa.Array]:
    """The batch's columns, each of a type and with values that DuckDB takes, and for each row why it is damaged.

    What can't be read damages a row where it stands in a `known` column; an unknown one may hold anything, and loses an
    object that has no form in DuckDB.
    Raises BrokenFile, naming column and type, where a column can't be brought into such a form.
    """
    columns, damage = [], pa.nulls(batch.num_rows, pa.string())
    for field, column in zip(batch.schema, batch.columns, strict=True):
        try:
            column, damaged = _readable(column)
        except pa.ArrowException as error:
            raise BrokenFile(f"column {field.name} of type {_worded(field.type)} can't be read: {error}") from error
        columns.append(column)
        if damaged is not None and field.name in known:
            damage = pc.coalesce(damage, damaged)
    return columns, damage


def _readable(column: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """A column that DuckDB takes, and for each of its values why it is none that can be read, if there are such."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return (column, None) if kind.extension_name == "arrow.uuid" else _readable(column.storage)
    if pa.types.is_dictionary(kind):
        return _repeated_texts(column) or _readable(column.cast(kind.value_type))
    if _is_text(kind):
        return _texts(column)
    if pa.types.is_timestamp(kind):
        return _instants(column), None
    if pa.types.is_nested(kind):
        return _nested(column)
    if pa.types.is_float16(kind):
        return column.cast(pa.float32()), None
    if pa.types.is_duration(kind):
        return column.cast(pa.int64()), None
    return (column if _is_plain(kind) else column.cast(pa.string())), None


def _texts(column: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Text, with bytes that are no UTF-8 spelt out."""
    try:
        text = column.cast(pa.large_string())
        text.validate(full=True)
        return text, None
    except pa.ArrowInvalid:
        given = column.cast(pa.large_binary()).to_pylist()
    decoded = [value if value is None else value.decode("utf-8", "backslashreplace") for value in given]
    damaged = [
        NO_UTF8 if text is not None and text.encode() != value else None
        for value, text in zip(given, decoded, strict=True)
    ]
    return pa.array(decoded, pa.large_string()), pa.array(damaged, pa.string())


def _repeated_texts(column: pa.DictionaryArray) -> tuple[pa.Array, None] | None:
    """Text of which each value stands once, as it is; None where there is something else in it."""
    if not _is_text(column.type.value_type):
        return None
    values, damage = _texts(column.dictionary)
    return (pa.DictionaryArray.from_arrays(column.indices, values), None) if damage is None else None


def _instants(column: pa.Array) -> pa.Array:
    """Microseconds of UTC; as text where a value is beyond them, so that its row alone is no timestamp."""
    unit = column.type.unit
    most = min(2**63 - 1, (2**63 - 1) // 1_000_000 * _UNITS_PER_SECOND[unit])
    count = column.cast(pa.int64())
    fits = pc.and_(pc.less_equal(count, most), pc.greater_equal(count, -most))
    instants = pc.if_else(fits, count, None).cast(pa.timestamp(unit)).cast(pa.timestamp("us"), safe=False)
    if pc.all(fits, min_count=0).as_py():
        return instants
    beyond = pc.binary_join_element_wise("beyond", count.cast(pa.string()), " ")
    return pc.if_else(fits, instants.cast(pa.string()), beyond)


def _nested(column: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """Objects and lists as they are, but for those that DuckDB refuses: a key twice, an instant beyond its years."""
    column.validate(full=True)
    if _is_taken(column):
        return column, None
    is_taken = _taken(column)
    reason = f"an object or list that can't be read: {_worded(column.type)}"
    return pc.if_else(is_taken, column, pa.scalar(None, column.type)), pc.if_else(is_taken, None, reason)


def _taken(column: pa.Array) -> pa.Array:
    """Which values DuckDB takes, found by halving; of very many refused ones, with their neighbours."""
    taken = np.zeros(len(column), dtype=bool)
    waiting, trials = [(0, len(column))], 0
    while waiting:
        first, last = waiting.pop()
        trials += 1
        if _is_taken(column[first:last]):
            taken[first:last] = True
        elif last - first > 1 and trials < MOST_TRIALS:
            middle = (first + last) // 2
            waiting += [(first, middle), (middle, last)]
    return pa.array(taken)


def _worded(kind: pa.DataType) -> str:
    """A type for people to read: it may be long, and has names that the source gave."""
    return without_addresses(str(kind)[:200])


def _is_taken(column: pa.Array) -> bool:
    trial = _trial()
    trial.register("trial", pa.table({"value": column}))
    try:
        trial.execute("select max(to_json(value)::varchar) from trial").fetchall()
    except duckdb.Error:
        _trial.cache_clear()  # some errors are the end of a database
        return False
    return True


@cache
def _trial() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def _is_plain(kind: pa.DataType) -> bool:
    return any(is_kind(kind) for is_kind in _TAKEN_AS_THEY_ARE)


def _is_text(kind: pa.DataType) -> bool:
    kinds = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_binary_view,
        pa.types.is_fixed_size_binary,
    )
    return any(is_kind(kind) for is_kind in kinds)
