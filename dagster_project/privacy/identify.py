"""From a user id to everything that leads to the person: e-mail and network addresses, sessions, devices, attempts.

A value that also stands in somebody else's rows (a household's address, a shared device) is not the person's alone: it
goes with the person's rows and stays in the others'.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping

import duckdb

from dagster_project.privacy.erased_list import ADDRESS_SHAPE, EMAIL_SHAPE
from dagster_project.privacy.landing_files import own_records
from dagster_project.privacy.person import Person
from dagster_project.privacy.rules import as_text, owners, traces
from dagster_project.settings import Settings
from dagster_project.warehouse.contract import Feed, read_contracts
from dagster_project.warehouse.database import open_database
from dagster_project.warehouse.fingerprint import quoted
from dagster_project.warehouse.load.forms import literal
from dagster_project.warehouse.load.landing import LAST_DAY, scan
from dagster_project.warehouse.load.personal_data import personal_data_key
from dagster_project.warehouse.release.files import release_path, retained_ids

# Column name -> the values found in it.
Values = dict[str, set[str]]


def identify(settings: Settings, user_id: str) -> Person:
    """The person's values, from the landing zone and from what was loaded of it."""
    feeds, person, key = read_contracts(), Person(frozenset([user_id])), personal_data_key(settings)
    personal = {column.name for feed in feeds.values() for column in feed.columns if column.pii}
    clear = _in_landing(settings, feeds, person)
    hashed = {stored_value(key, value): value for name in personal for value in clear[name]}
    stored: Values = defaultdict(set)
    for name, values in clear.items():
        stored[name] |= {stored_value(key, value) for value in values} if name in personal else values
    others: Values = defaultdict(set)
    if settings.candidate.exists():
        with open_database(settings.candidate, read_only=True) as connection:
            _look_up(connection, feeds, user_id, stored, others)
            wanted = {value for name in personal for value in stored[name]} - hashed.keys()
            hashed |= _in_texts(connection, feeds, key, wanted)
    own = {name: values - others[name] for name, values in stored.items()}
    hashes = {value for name in personal for value in own.get(name, ())}
    plain = {value for name, values in own.items() if name not in personal for value in values}
    return Person(person.ids, frozenset(plain | {hashed[h] for h in hashes & hashed.keys()}), frozenset(hashes))


def is_known(settings: Settings, user_id: str) -> bool:
    """Whether the id stands where a person's id stands: in a column of a loaded or published table, or of a record that
    landed. A word that only stands in texts is nobody's id.
    """
    if _ids(settings, "{} = $user_id", user_id):
        return True
    feeds, person = read_contracts(), Person(frozenset([user_id]))
    deliveries = scan(settings.landing, feeds, LAST_DAY).deliveries
    return any(True for one in deliveries if owners(feeds[one.feed]) for _ in own_records(one, feeds[one.feed], person))


def alike(settings: Settings, user_id: str) -> list[str]:
    """The ids of loaded or published tables that are this one but for the case of letters or blanks around it."""
    return sorted(_ids(settings, "lower({}) = lower(trim($user_id))", user_id))


def _ids(settings: Settings, condition: str, user_id: str) -> set[str]:
    """The ids in columns of people that satisfy a condition, of the first of candidate and releases that has any."""
    releases = [release_path(settings, release_id) for release_id in retained_ids(settings)]
    names = sorted({column.name for feed in read_contracts().values() for column in owners(feed)} | {"owner_user_id"})
    for file in (path for path in (settings.candidate, *releases) if path.exists()):
        with open_database(file, read_only=True) as connection:
            columns = connection.execute(
                """
                select schema_name, table_name, column_name
                from duckdb_columns() semi join duckdb_tables() using (schema_name, table_name)
                where list_contains(?, column_name) and data_type = 'VARCHAR'
                """,
                [names],
            ).fetchall()
            ids = [
                f"select {quoted(name)} from {quoted(schema)}.{quoted(table)} where {condition.format(quoted(name))}"
                for schema, table, name in columns
            ]
            found = connection.execute(" union ".join(ids), {"user_id": user_id}).fetchall() if ids else []
        if found:
            return {one for (one,) in found}
    return set()


def _look_up(
    connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed], user_id: str, stored: Values, others: Values
) -> None:
    """Add what the person's loaded rows hold to `stored`, and what of it somebody else's do to `others`."""
    tables = list(_tables(connection, feeds))
    for table, feed in tables:
        for name, values in _of(connection, table, feed, user_id):
            stored[name] |= values
    for table, feed in tables:
        for name, values in _of_others(connection, table, feed, user_id, stored):
            others[name] |= values


def _in_texts(
    connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed], key: bytes, wanted: set[str]
) -> dict[str, str]:
    """Which addresses in loaded texts are those that are known by their hash alone: the file that had them is gone."""
    if not wanted:
        return {}
    found: set[str] = set()
    for feed in feeds.values():
        texts = [quoted(c.name) for c in feed.columns if c.data_type in ("varchar", "json") and not c.pii]
        for shape in (EMAIL_SHAPE, ADDRESS_SHAPE):
            extracted = f"unnest(regexp_extract_all(concat_ws(chr(10), {', '.join(texts)}, _extra), {literal(shape)}))"
            for place in ("raw", "superseded"):
                rows = connection.execute(f"select distinct {extracted} from {place}.{feed.name}").fetchall()
                found |= {text for (text,) in rows}
    return {hashed: text for text in found if (hashed := stored_value(key, text)) in wanted}


def stored_value(key: bytes, value: str) -> str:
    """How the warehouse stores personal data, see personal_data.keyed_hash."""
    return hmac.digest(key, value.encode(), "sha256").hex()


def _in_landing(settings: Settings, feeds: Mapping[str, Feed], person: Person) -> Values:
    found: Values = defaultdict(set)
    for delivery in scan(settings.landing, feeds, LAST_DAY).deliveries:
        feed = feeds[delivery.feed]
        if not (owners(feed) and traces(feed)):
            continue
        for record in own_records(delivery, feed, person):
            for column in traces(feed):
                found[column.name] |= {as_text(record.get(column.name))} - {""}
    return found


def _tables(connection: duckdb.DuckDBPyConnection, feeds: Mapping[str, Feed]) -> Iterator[tuple[str, Feed]]:
    """The loaded tables of feeds that know whose their rows are and have values that lead there."""
    present = {
        f"{schema}.{table}"
        for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    }
    for feed in feeds.values():
        if owners(feed) and traces(feed):
            yield from ((t, feed) for t in (f"raw.{feed.name}", f"superseded.{feed.name}") if t in present)


def _of(connection: duckdb.DuckDBPyConnection, table: str, feed: Feed, user_id: str) -> Iterator[tuple[str, set[str]]]:
    is_own = " or ".join(f"{quoted(column.name)} = $user_id" for column in owners(feed))
    for column in traces(feed):
        name = quoted(column.name)
        rows = connection.execute(
            f"select distinct {name} from {table} where ({is_own}) and {name} <> ''", {"user_id": user_id}
        ).fetchall()
        yield column.name, {value for (value,) in rows}


def _of_others(
    connection: duckdb.DuckDBPyConnection, table: str, feed: Feed, user_id: str, candidates: Values
) -> Iterator[tuple[str, set[str]]]:
    """Which of the candidates stand in rows that somebody else owns."""
    is_others = " or ".join(f"{quoted(column.name)} <> $user_id" for column in owners(feed))
    for column in traces(feed):
        name = quoted(column.name)
        rows = connection.execute(
            f"select distinct {name} from {table} where ({is_others}) and list_contains($values, {name})",
            {"user_id": user_id, "values": sorted(candidates[column.name])},
        ).fetchall()
        yield column.name, {value for (value,) in rows}
