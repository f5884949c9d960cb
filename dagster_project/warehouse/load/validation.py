"""SQL that turns a batch of records into typed rows and says of each row what breaks its contract.

Loading and quarantine use the same conditions, so that no row can be both or neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from dagster_project.warehouse.contract import Column, Feed
from dagster_project.warehouse.load.closed_days import Closed
from dagster_project.warehouse.load.forms import FORMS, Form, Shapes, literal, ordered_json, quoted
from dagster_project.warehouse.load.landing import FIRST_DAY, LAST_DAY
from dagster_project.warehouse.load.personal_data import keyed_hash, masked, masked_members
from dagster_project.warehouse.load.records import Batch

# Epoch milliseconds are told from other numbers by size: 1973-03-03 to 9999-12-31.
EPOCH_MS = (100_000_000_000, 253_402_300_799_999)
# What DuckDB takes for a timestamp beyond this is no such thing: years before Christ, offsets of 99 hours.
_ISO_8601 = r"\d{4}-\d\d?-\d\d?([ T]\d\d?:\d\d(:\d\d(\.\d+)?)?)? ?(?i:z|utc|[+-](0\d|1[0-4])(:?[0-5]\d)?)?"
# The basic form, 20240301T100000Z or 20240301T1000Z.
_BASIC = r"^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)"
_OPENING_BRACKETS = "(91, 123)"  # [ and {


@dataclass(frozen=True)
class Judgement:
    """The SQL of a batch's records: `rows` typed, whether one keeps its contract, and if not, why.

    `rows` has origin, contract columns (typed, personal data hashed), `_extra` and `_text` (the record, masked).
    `is_sound` and `problem` are expressions over it, made from the same conditions: a row without a problem is sound.
    """

    rows: str
    is_sound: str
    problem: str


def judge(feed: Feed, batch: Batch, shapes: Shapes, closed: Closed | None = None, records: str = "batch") -> Judgement:
    """How to load the table `batch`, or those `records` of it that a query names; nothing in it raises on bad input."""
    source = FORMS[batch.form](feed, batch, shapes)
    given = ", ".join(f"{source.value(column.name)} as {_given(column)}" for column in feed.columns)
    typed = ", ".join(f"{_typed(feed, column, batch)} as {quoted(column.name)}" for column in feed.columns)
    unreadable = [("_damage is not null", "_damage")] + [(when, literal(text)) for when, text in source.problems]
    problems = [rule for column in feed.columns for rule in _problems(column, batch)]
    if closed:
        problems.append((f"{quoted(feed.event_time)} < timestamp '{closed.opens_at}'", closed.reason))
    rows = f"""
        with records as not materialized (from {records}),
        fields as ({source.fields}),
        delivered as (
            select _file_id, _line, _latest, _parsed, {given},
                {source.masked} as _record, {_extra(feed, source)} as _extra,
                case {" ".join(f"when {when} then {text}" for when, text in unreadable)} end as _unreadable
            from fields
        )
        select *, {typed}, {_text(feed)} as _text from delivered
    """
    listed = ", ".join(f"case when {condition} then {literal(text)} end" for condition, text in problems)
    any_problem = " or ".join(["_unreadable is not null", *(condition for condition, _ in problems)])
    return Judgement(
        rows=rows,
        # one expression: as a conjunction, DuckDB would push each part down and parse the record for each anew
        is_sound=f"case when {any_problem} then false else true end",
        problem=f"coalesce(_unreadable, concat_ws('; ', {listed}))",
    )


def _typed(feed: Feed, column: Column, batch: Batch) -> str:
    """SQL: the column's value in its contract's type, null where it can't be."""
    given, text = _given(column), _given_text(column, batch)
    if column.pii:
        return keyed_hash(text)
    if _is_native(column, _arrow_type(column, batch)):
        return f"try_cast({given} as {column.data_type})"
    if column.data_type == "json" and column.name in feed.key:
        return ordered_json(text)
    return _CASTS[column.data_type](text)


def _problems(column: Column, batch: Batch) -> list[tuple[str, str]]:
    """What may be wrong with the column's value: SQL conditions, each with the words for it."""
    name, value = column.name, quoted(column.name)
    given = _given(column)
    rules: list[tuple[str, str]] = []
    if column.required:
        rules.append((f"{given} is null", f"{name} is missing"))
    if column.data_type == "varchar":
        rules += _structured(column, batch)
    else:
        rules.append((f"{value} is null and {given} is not null", f"{name} is no {column.data_type}"))
    if column.data_type in ("date", "timestamp"):
        span = f"{column.data_type} '{FIRST_DAY}' and {column.data_type} '{LAST_DAY}'"
        rules.append((f"{value} not between {span}", f"{name} is not between {FIRST_DAY} and {LAST_DAY}"))
    if column.data_type == "timestamp":
        rules.append((f"{value} > _latest", f"{name} is more than 24 hours after its delivery day"))
    if column.accepted_values:
        accepted = ", ".join(literal(str(accepted)) for accepted in column.accepted_values)
        rules.append((f"{value} not in ({accepted})", f"{name} is none of {', '.join(column.accepted_values)}"))
    if column.pattern:
        rules.append(
            (f"not regexp_full_match({value}, {literal(column.pattern)})", f"{name} is not like {column.pattern}")
        )
    if column.minimum is not None:
        rules.append((f"{value} < {column.minimum}", f"{name} is below {column.minimum}"))
    if column.maximum is not None:
        rules.append((f"{value} > {column.maximum}", f"{name} is above {column.maximum}"))
    return rules


def _structured(column: Column, batch: Batch) -> list[tuple[str, str]]:
    """An object or list where a text is due. In JSON it arrives as its text, so look twice where that has a bracket."""
    problem = f"{column.name} is an object or list, not text"
    if batch.form == "json":
        is_structured = f"json_type(_parsed, '$.{column.name}') in ('OBJECT', 'ARRAY')"
        return [(f"case when ascii({_given(column)}) in {_OPENING_BRACKETS} then {is_structured} end", problem)]
    arrow_type = _arrow_type(column, batch)
    return [(f"{_given(column)} is not null", problem)] if arrow_type and pa.types.is_nested(arrow_type) else []


def _arrow_type(column: Column, batch: Batch) -> pa.DataType | None:
    if batch.form != "parquet" or column.name not in batch.header:
        return None
    return batch.table.schema.field(f"c{batch.header.index(column.name)}").type


def _given_text(column: Column, batch: Batch) -> str:
    """SQL: what was delivered for the column, as text."""
    given, arrow_type = _given(column), _arrow_type(column, batch)
    if arrow_type is None or pa.types.is_string(arrow_type) or pa.types.is_large_string(arrow_type):
        return given
    if pa.types.is_nested(arrow_type):
        return f"to_json({given})::varchar"
    return f"{given}::varchar"


def _is_native(column: Column, arrow_type: pa.DataType | None) -> bool:
    """Whether a Parquet column already has the contract's type, so that no detour by text is needed."""
    kinds = {
        "bigint": [pa.types.is_integer],
        "boolean": [pa.types.is_boolean],
        "date": [pa.types.is_date],
        "timestamp": [pa.types.is_timestamp],
    }
    return arrow_type is not None and any(is_kind(arrow_type) for is_kind in kinds.get(column.data_type, []))


def _timestamp(text: str) -> str:
    """ISO 8601 (UTC unless an offset is given) or epoch milliseconds; the usual forms are cast the fast way."""
    number = f"try_cast({text} as bigint)"
    # small letters are RFC 3339's, a comma before the fraction is ISO's own
    usual = f"replace(upper({text}), ',', '.')"
    usual = rf"regexp_replace({usual}, '{_BASIC}(\d\d)', '\1-\2-\3T\4:\5:\6')"
    usual = rf"regexp_replace({usual}, '{_BASIC}', '\1-\2-\3T\4:\5')"
    return f"""coalesce(
        case when ends_with({text}, 'Z') and ascii({text}) between 48 and 57 then try_cast({text} as timestamp) end,
        case
            when regexp_full_match({text}, '\\d+(\\.0*)?') then
                case when {number} between {EPOCH_MS[0]} and {EPOCH_MS[1]} then epoch_ms({number}) end
            when regexp_full_match({text}, '{_ISO_8601}') then {_as_utc(text)}
            when regexp_full_match({usual}, '{_ISO_8601}') then {_as_utc(usual)}
        end
    )"""


def _date(text: str) -> str:
    """ISO 8601, also its basic form, 20240301; words such as infinity and epoch are no dates."""
    return f"""coalesce(
        case when ascii({text}) between 48 and 57 then try_cast({text} as date) end,
        case when regexp_full_match({text}, '\\d{{8}}') then try_cast(try_strptime({text}, '%Y%m%d') as date) end
    )"""


def _boolean(text: str) -> str:
    """A word or a digit; 1.0 and 0.0 are how tools write booleans of which some are missing."""
    number = f"if(regexp_full_match({text}, '[01]\\.0*'), starts_with({text}, '1'), null)"
    return f"coalesce(try_cast({text} as boolean), {number})"


def _as_utc(text: str) -> str:
    return f"try_cast(try_cast({text} as timestamptz) as timestamp)"


_CASTS = {
    "varchar": lambda text: text,
    # a cast alone would round 12.5
    "bigint": lambda text: (
        f"case when regexp_full_match({text}, '[+-]?\\d+(\\.0*)?') then try_cast({text} as bigint) end"
    ),
    "double": lambda text: f"case when isfinite(try_cast({text} as double)) then try_cast({text} as double) end",
    "decimal(24,10)": lambda text: f"try_cast({text} as decimal(24,10))",
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
    # without the spaces that some forms keep, so that a row is the same whatever form it was delivered in
    "json": lambda text: f"case when json_valid({text}) then json({text})::varchar end",
}


def _extra(feed: Feed, source: Form) -> str:
    """SQL: the unknown columns; one called like a column with personal data but for its case is none to keep."""
    return masked_members(source.extra, _personal(feed))


def _text(feed: Feed) -> str:
    """SQL: the record as it was delivered, but for its line end, and personal data in a feed that has any."""
    record = "rtrim(_record, chr(13) || chr(10))"
    personal = _personal(feed)
    return f"replace({masked(record, personal) if personal else record}, chr(0), '\\x00')"


def _personal(feed: Feed) -> list[str]:
    return [column.name for column in feed.columns if column.pii]


def _given(column: Column) -> str:
    return quoted(f"_given_{column.name}")
