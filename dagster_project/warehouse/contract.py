"""The feeds' contracts, read from the dbt sources that declare them.

Each feed stands once, in `dbt_project/models/staging/<domain>/_<domain>__sources.yml`: dbt documents and tests
from it, the loader validates from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dagster_project.settings import DBT_PROJECT

DATA_TYPES = ("varchar", "bigint", "double", "decimal(24,10)", "boolean", "date", "timestamp", "json")
RETENTION_CLASSES = ("metrics", "application_logs", "security_logs", "audit_logs", "business")
# How a column's value concerns a person, see Column.person.
PERSON_ROLES = ("owner", "mention", "trace", "text")
# What models call columns of people that the contracts call otherwise. The kind stands before the name, as in
# `user u-1`, `actor u-1`, `target /bills`.
PEOPLE_BY_KIND = frozenset({"visitor_id", "subject"})
# On which days a delivery is expected; `when_it_happens`: on none, because a day without a row has no file.
SCHEDULES = ("daily", "weekdays", "when_it_happens")
RAW_SCHEMA = "raw"


class ContractError(Exception):
    """A contract can't be used; the message names the file, the feed and what is wrong with it."""


@dataclass(frozen=True)
class Column:
    """One contract column; the bounds and lists say which values are possible.

    `person` says what erasing a user id means here: `owner`, the row is that person's and goes; `mention`, somebody
    else's row names the person and loses the name; `trace`, the value leads to the person whose rows it is found in;
    `text`, anybody may be named in it, if only by a word.
    """

    name: str
    data_type: str
    description: str
    required: bool = False
    pii: bool = False
    person: str | None = None
    accepted_values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    default: object = None

    @property
    def holds_ids(self) -> bool:
        """Whether its values are ids of people."""
        return self.person in ("owner", "mention")


@dataclass(frozen=True)
class Feed:
    """One feed: what a row is, which rows are the same thing, how much of a day may be broken, when a day is due.

    `freshness_hours` after the end of its last delivery day a feed that is delivered daily is overdue.
    """

    name: str
    domain: str
    description: str
    mode: str
    key: tuple[str, ...]
    version: str | None
    retention: str
    max_quarantined_share: float
    freshness_hours: float
    schedule: str
    columns: tuple[Column, ...]

    @property
    def event_time(self) -> str:
        """The column that says when a row happened: its first required timestamp, else its first required date."""
        required = [column for column in self.columns if column.required]
        ordered = [c for c in required if c.data_type == "timestamp"] + [c for c in required if c.data_type == "date"]
        # a row's version is when it was last written, not when the thing happened
        return next((c.name for c in ordered if c.name != self.version), ordered[0].name)


def people_columns(feeds: Iterable[Feed]) -> frozenset[str]:
    """The names of columns, of feeds and of what models make of them, that say who somebody is."""
    contracts = {column.name for feed in feeds for column in feed.columns if column.holds_ids}
    return PEOPLE_BY_KIND | contracts


def read_contracts(dbt_project: Path = DBT_PROJECT) -> dict[str, Feed]:
    """Every feed by name. Raises ContractError where a contract is missing a part or contradicts itself."""
    feeds: dict[str, Feed] = {}
    for file in sorted(dbt_project.glob("models/staging/*/_*__sources.yml")):
        state = file.stat()
        for feed in _feeds_of(file, state.st_size, state.st_mtime_ns):
            if feed.name in feeds:
                raise ContractError(f"{file}: feed {feed.name} is declared twice")
            feeds[feed.name] = feed
    if not feeds:
        raise ContractError(f"{dbt_project}: no contract found under models/staging/*/_*__sources.yml")
    return feeds


@lru_cache
def _feeds_of(file: Path, size: int, changed_ns: int) -> tuple[Feed, ...]:
    """The feeds of a file as it is now; parsing takes 10 ms, and an erasure asks a hundred times."""
    sources = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["sources"]
    of_feeds = [source for source in sources if source.get("schema", source["name"]) == RAW_SCHEMA]
    return tuple(_feed(file, source["name"], table) for source in of_feeds for table in source["tables"])


def _feed(file: Path, domain: str, table: dict[str, Any]) -> Feed:
    config = table.get("config", {})
    meta = config.get("meta", {})
    where = f"{file.name}: {table['name']}"
    try:
        freshness = config["freshness"]["warn_after"]
        feed = Feed(
            name=table["name"],
            domain=domain,
            description=table.get("description", "").strip(),
            mode=meta["mode"],
            key=tuple(meta["key"]),
            version=meta.get("version"),
            retention=meta["retention"],
            max_quarantined_share=float(meta["max_quarantined_share"]),
            freshness_hours=freshness["count"] * {"minute": 1 / 60, "hour": 1, "day": 24}[freshness["period"]],
            schedule=meta.get("schedule", "daily"),
            columns=tuple(_column(column) for column in table["columns"]),
        )
    except (KeyError, TypeError) as error:
        raise ContractError(f"{where}: missing or malformed: {error}") from error
    _check(where, feed)
    return feed


def _column(column: dict[str, Any]) -> Column:
    meta = column.get("config", {}).get("meta", {})
    return Column(
        name=column["name"],
        data_type=column["data_type"],
        description=column.get("description", "").strip(),
        required=bool(meta.get("required", False)),
        pii=bool(meta.get("pii", False)),
        person=meta.get("person"),
        accepted_values=tuple(meta.get("accepted_values", ())),
        minimum=meta.get("minimum"),
        maximum=meta.get("maximum"),
        pattern=meta.get("pattern"),
        default=meta.get("default"),
    )


def _check(where: str, feed: Feed) -> None:
    names = [column.name for column in feed.columns]
    unknown_types = [c.name for c in feed.columns if c.data_type not in DATA_TYPES]
    rules = {
        "mode is append or upsert": feed.mode in ("append", "upsert"),
        "an upsert feed, and only that, has a version": (feed.mode == "upsert") == (feed.version is not None),
        "key and version are columns": {*feed.key, *filter(None, [feed.version])} <= set(names),
        "each column stands once": len(names) == len(set(names)),
        "an event time (a required timestamp or date)": any(
            c.required and c.data_type in ("timestamp", "date") for c in feed.columns
        ),
        f"retention is one of {', '.join(RETENTION_CLASSES)}": feed.retention in RETENTION_CLASSES,
        f"types are of {', '.join(DATA_TYPES)} (not so: {', '.join(unknown_types)})": not unknown_types,
        f"person is one of {', '.join(PERSON_ROLES)}": {c.person for c in feed.columns} <= {None, *PERSON_ROLES},
        f"schedule is one of {', '.join(SCHEDULES)}": feed.schedule in SCHEDULES,
        "max_quarantined_share is a fraction": 0 <= feed.max_quarantined_share <= 1,
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise ContractError(f"{where}: expected {'; '.join(broken)}")
