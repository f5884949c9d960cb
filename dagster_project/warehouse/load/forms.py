"""SQL that opens a batch's records, by their form: JSON lines, CSV, Parquet.

Nothing in it raises on bad input: what can't be opened gives nulls and a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.load.personal_data import MASK
from dagster_project.warehouse.load.records import Batch

_REPEATED_KEYS = "len(json_keys(_parsed)) <> len(list_distinct(json_keys(_parsed)))"


@dataclass(frozen=True)
class Shapes:
    """What a look at the keys of all JSON records told; clean deliveries need no closer look at each record."""

    any_invalid: bool = True
    any_repeated: bool = False
    any_unknown: bool = True


def json_shapes(feed: Feed) -> str:
    """SQL over `batch`: the three facts of Shapes, by way of the few distinct key lists that a delivery has."""
    known = ", ".join(literal(column.name) for column in feed.columns)
    return f"""
        with shapes as (
            select any_value(keys) as keys
            from (select try(json_keys(text)) as keys from batch)
            group by hash(keys)
        )
        select
            bool_or(coalesce(len(keys), 0) = 0),
            coalesce(bool_or(len(keys) <> len(list_distinct(keys))), false),
            coalesce(bool_or(len(list_filter(keys, lambda name: not list_contains([{known}], name))) > 0), false)
        from shapes
    """


class Form:
    """How to open records of one form.

    `fields` selects origin, `_record` (its text) and `_parsed` (its JSON, if that it is) from `records`;
    `value`, `extra` and `masked` are expressions over that: a contract column as delivered (null where it is missing or
    an empty text, which not every form tells apart), all unknown columns as JSON, and the record without the personal
    data in columns that can be told apart; `problems` are conditions under which a record can't be opened, each with
    the words for it.
    """

    fields: str
    extra: str
    masked: str
    problems: list[tuple[str, str]]

    def value(self, name: str) -> str:
        raise NotImplementedError


class JsonLines(Form):
    """Records that are JSON objects; one parse gives all contract columns."""

    def __init__(self, feed: Feed, batch: Batch, shapes: Shapes) -> None:
        # a JSON column keeps its JSON text, everything else comes as the text of its value
        self._documents = {c.name for c in feed.columns if c.data_type == "json"}
        kinds = {c.name: "JSON" if c.name in self._documents else "VARCHAR" for c in feed.columns}
        structure = ", ".join(f'"{name}": "{kind}"' for name, kind in kinds.items())
        parsed = "case when json_valid(text) then text end" if shapes.any_invalid else "text"
        self.fields = f"""
            select *, json_transform(_parsed, '{{{structure}}}') as _fields
            from (select *, text as _record, {parsed} as _parsed from records)
        """
        patch = ", ".join(f'"{name}": null' for name in kinds)
        # RFC 7396: null in the patch removes the member
        unknown = f"nullif(json_merge_patch(_parsed, '{{{patch}}}')::varchar, '{{}}')"
        self.extra = unknown if shapes.any_unknown else "null::varchar"
        self.masked = self._masked(feed)
        self.problems = []
        if shapes.any_invalid:
            self.problems += [
                ("_parsed is null", "not valid JSON"),
                ("json_type(_parsed) <> 'OBJECT'", "not a JSON object"),
            ]
        if shapes.any_repeated:
            self.problems += [(_REPEATED_KEYS, "a column is named twice")]

    def value(self, name: str) -> str:
        nothing = '""' if name in self._documents else ""
        return f"nullif(_fields.\"{name}\"::varchar, '{nothing}')"

    def _masked(self, feed: Feed) -> str:
        personal = [column.name for column in feed.columns if column.pii]
        if not personal:
            return "_record"
        # null in the patch removes the member: one without a value is none to mask
        patch = ", ".join(f"{literal(name)}, {_mask(self.value(name))}" for name in personal)
        masked = f"json_merge_patch(_parsed, json_object({patch}))::varchar"
        return f"case when json_type(_parsed) = 'OBJECT' then {masked} else _record end"


class Csv(Form):
    """Records that are lines of comma-separated values under a header, taken apart already."""

    problems: list[tuple[str, str]] = []

    def __init__(self, feed: Feed, batch: Batch, shapes: Shapes) -> None:
        self._position = {name: index for index, name in enumerate(batch.header)}
        self.fields = "select *, text as _record, null as _parsed from records"
        known = {column.name for column in feed.columns}
        unknown = [name for name in batch.header if name not in known]
        members = ", ".join(f"{literal(name)}, {self.value(name)}" for name in unknown)
        self.extra = _object_without_nulls(members)
        self.masked = self._masked(feed)

    def value(self, name: str) -> str:
        return f"nullif(c{self._position[name]}, '')" if name in self._position else "null::varchar"

    def _masked(self, feed: Feed) -> str:
        personal = [str(self._position[c.name] + 1) for c in feed.columns if c.pii and c.name in self._position]
        if not personal:
            return "_record"
        in_quotes = """ '"' || replace(field, '"', '""') || '"' """
        written = f"""case when regexp_matches(field, '[",\\r\\n]') then {in_quotes} else field end"""
        mask = f"case when place in ({', '.join(personal)}) and field <> '' then {literal(MASK)} else {written} end"
        columns = ", ".join(f"c{index}" for index in self._position.values())
        fields = f"case when c0 is null then _fields else [{columns}] end"
        masked = f"array_to_string(list_transform({fields}, lambda field, place: {mask}), ',')"
        return f"coalesce({masked}, _record)"


class Parquet(Form):
    """Records that are rows of a Parquet file, typed already, rightly or not."""

    problems: list[tuple[str, str]] = []

    def __init__(self, feed: Feed, batch: Batch, shapes: Shapes) -> None:
        self._position = {name: index for index, name in enumerate(batch.header)}
        self._with_empty_texts = {
            name for name, index in self._position.items() if _may_be_empty(batch.table.column(f"c{index}"))
        }
        # by json_object: names in a struct must not be empty, nor differ by case alone
        record = _object(batch.header, [f"c{index}" for index in range(len(batch.header))])
        self.fields = f"select *, {record} as _record, null as _parsed, null as _fields from records"
        personal = {column.name for column in feed.columns if column.pii}
        values = [_mask(f"c{i}") if name in personal else f"c{i}" for i, name in enumerate(batch.header)]
        self.masked = _object(batch.header, values) if personal else "_record"
        known = {column.name for column in feed.columns}
        unknown = [(name, index) for name, index in self._position.items() if name not in known]
        members = ", ".join(f"{literal(name)}, c{index}" for name, index in unknown)
        self.extra = _object_without_nulls(members)

    def value(self, name: str) -> str:
        if name not in self._position:
            return "null::varchar"
        column = f"c{self._position[name]}"
        return f"nullif({column}::varchar, '')" if name in self._with_empty_texts else column


def _may_be_empty(column: pa.ChunkedArray) -> bool:
    """Whether a column has texts of which one may be empty; of texts that stand once each a look at them tells."""
    if not pa.types.is_dictionary(column.type):
        return pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return any(pc.any(pc.equal(chunk.dictionary, "")).as_py() for chunk in column.chunks)


FORMS = {"json": JsonLines, "csv": Csv, "parquet": Parquet}


def _object_without_nulls(members: str) -> str:
    """SQL: the unknown columns that have a value, so that a row is the same whatever form it was delivered in."""
    return f"nullif(json_merge_patch('{{}}', json_object({members}))::varchar, '{{}}')" if members else "null"


def _object(names: Sequence[str], values: Sequence[str]) -> str:
    """SQL: the text of a JSON object of these members."""
    members = ", ".join(f"{literal(name)}, {value}" for name, value in zip(names, values, strict=True))
    return f"json_object({members})::varchar"


def _mask(value: str) -> str:
    return f"case when {value} is not null then {literal(MASK)} end"


def ordered_json(text: str) -> str:
    """SQL: JSON as it is compared, and kept in a key: an object's members by name, those of objects inside it as given.

    Their order means nothing (RFC 8259). An object with two members of a name stays as it is.
    """
    names, pointer = f"json_keys({text})", "'/' || replace(replace(name, '~', '~0'), '/', '~1')"
    member = f"to_json(name) || ':' || json_extract({text}, {pointer})"
    ordered = f"'{{' || array_to_string(list_transform(list_sort({names}), lambda name: {member}), ',') || '}}'"
    is_ordered = f"{names} = list_sort({names}) or len({names}) <> len(list_distinct({names}))"
    # what is no object has no names
    return f"case when json_valid({text}) then if(coalesce({is_ordered}, true), json({text})::varchar, {ordered}) end"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
