"""Which row of a key stands: decided by what was delivered alone, never by the order in which it was loaded.

append: the earliest delivery (dt, file, line) stands, the others are duplicates (and conflicts where they differ).
upsert: the highest version stands, then the latest delivery.
Only keys that new or withdrawn rows touch are looked at. Rows of former nights that leave the standing ones, or come
back, are noted in `moved.<feed>` for the models.
"""

from __future__ import annotations

import duckdb

from dagster_project.warehouse.contract import Feed
from dagster_project.warehouse.database import only_row
from dagster_project.warehouse.load.closed_days import is_open
from dagster_project.warehouse.load.forms import ordered_json, quoted
from dagster_project.warehouse.load.raw_tables import contract_columns, key_columns, own_columns


def withdraw(connection: duckdb.DuckDBPyConnection, feed: Feed, file_ids: list[int]) -> None:
    """Take back everything that `file_ids` loaded, remembering the keys that lost their standing row.

    Rows of closed days stay as they are counted: what a corrected file says of them is not taken in either.
    """
    connection.execute(f"create or replace temp table withdrawn as select _key_hash from raw.{feed.name} limit 0")
    if not file_ids:
        return
    rows = f"raw.{feed.name} where _file_id in (select unnest(?)) and {is_open(connection, feed)}"
    connection.execute(f"insert into withdrawn select distinct _key_hash from {rows}", [file_ids])
    _note_moved(connection, feed, rows, [file_ids])
    connection.execute(f"delete from {rows}", [file_ids])
    for table in (f"superseded.{feed.name}", "load.quarantine", "load.deliveries"):
        connection.execute(f"delete from {table} where _file_id in (select unnest(?))", [file_ids])


def withdraw_rows(connection: duckdb.DuckDBPyConnection, feed: Feed, condition: str) -> None:
    """Take back the standing rows for which an SQL condition holds, as `withdraw` does with those of whole files."""
    withdraw(connection, feed, [])
    rows = f"raw.{feed.name} where {condition}"
    connection.execute(f"insert into withdrawn select distinct _key_hash from {rows}")
    _note_moved(connection, feed, rows)
    connection.execute(f"delete from {rows}")


def question_all(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Have `settle` look at every key with more than one row: which of them lost its standing row is not known."""
    keys = f"select distinct _key_hash from superseded.{feed.name}"
    connection.execute(f"create or replace temp table withdrawn as {keys}")


def settle(connection: duckdb.DuckDBPyConnection, feed: Feed, first_file_id: int) -> None:
    """Leave one standing row a key, after rows of files from `first_file_id` on came and `withdraw` took others.

    Keys are looked for by their hashes: one that shares another's by chance is looked at too, and stays as it is. Of
    former nights only the hashes are read, and whole rows from the earliest file on that has a contested one.
    """
    new, old = (f"raw.{feed.name} where _file_id {which} {first_file_id}" for which in (">=", "<"))
    connection.execute(f"""
        create or replace temp table met as
        select _key_hash, _file_id from {old} and _key_hash in (select _key_hash from {new})
    """)
    connection.execute(f"""
        create or replace temp table contested as
        select _key_hash from {new} group by _key_hash having count(*) > 1
        union
        select _key_hash from met
        union
        select _key_hash from withdrawn
    """)
    if only_row(connection, "select count(*) from contested") == (0,):
        return
    # where the standing row of a withdrawn key lies is not known
    earliest = only_row(
        connection,
        "select case when exists (from withdrawn) then 0 else coalesce(min(_file_id), ?) end from met",
        [first_file_id],
    )[0]
    content, columns = _content(feed), f"{contract_columns(feed)}, {own_columns()}"
    connection.execute(f"""
        create or replace temp table contenders as
        with rows as (
            select 'raw' as place, {columns} from raw.{feed.name} semi join contested using (_key_hash)
            where _file_id >= {earliest}
            union all
            select 'superseded' as place, {columns} from superseded.{feed.name} semi join contested using (_key_hash)
        )
        select rows.*, row_number() over rivals as rank,
            row({content}) is distinct from first_value(row({content})) over rivals as _conflicts
        from rows
        inner join (select _file_id, dt as _dt, file as _file from load.deliveries) as origin using (_file_id)
        window rivals as (partition by {", ".join(key_columns(feed))} order by {_order(feed)})
    """)
    changed_places = "(place = 'raw') <> (rank = 1)"
    _note_moved(connection, feed, f"contenders where _file_id < {first_file_id} and {changed_places}")
    _move(connection, feed, columns)
    if feed.mode == "append":
        _count_duplicates(connection, feed)


def _content(feed: Feed) -> str:
    """SQL: what two deliveries of a fact are compared by; in which order JSON has its members says nothing."""
    json = {column.name for column in feed.columns if column.data_type == "json"} | {"_extra"}
    names = [*(column.name for column in feed.columns), "_extra"]
    return ", ".join(ordered_json(quoted(name)) if name in json else quoted(name) for name in names)


def _note_moved(
    connection: duckdb.DuckDBPyConnection, feed: Feed, rows: str, parameters: list[list[int]] | None = None
) -> None:
    columns = contract_columns(feed)
    connection.execute(f"insert into moved.{feed.name} ({columns}) select {columns} from {rows}", parameters or [])


def _move(connection: duckdb.DuckDBPyConnection, feed: Feed, columns: str) -> None:
    """Standing rows into raw, the others into superseded; what lies in the right place already stays there."""
    for table, wrong in ((f"raw.{feed.name}", "rank > 1"), (f"superseded.{feed.name}", "true")):
        place = table.split(".")[0]
        connection.execute(f"""
            delete from {table} using contenders
            where {table}._file_id = contenders._file_id and {table}._line = contenders._line
                and contenders.place = '{place}' and {wrong}
        """)
    connection.execute(
        f"insert into raw.{feed.name} ({columns}) select {columns} from contenders where rank = 1 and place <> 'raw'"
    )
    connection.execute(f"""
        insert into superseded.{feed.name} ({columns}, _conflicts)
        select {columns}, _conflicts from contenders where rank > 1
    """)


def _count_duplicates(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Bring the ledger of every file that has a contender up to date."""
    connection.execute(f"""
        update load.deliveries
        set loaded = loaded - coalesce(moved.lost, 0) + coalesce(moved.won, 0),
            duplicates = duplicates + coalesce(moved.lost, 0) - coalesce(moved.won, 0),
            conflicts = coalesce(counted.conflicts, 0)
        from (
            select _file_id, count(*) filter (where place = 'raw' and rank > 1) as lost,
                count(*) filter (where place = 'superseded' and rank = 1) as won
            from contenders group by _file_id
        ) as moved
        left join (
            select _file_id, count(*) filter (where _conflicts) as conflicts
            from superseded.{feed.name} group by _file_id
        ) as counted using (_file_id)
        where load.deliveries._file_id = moved._file_id
    """)


def _order(feed: Feed) -> str:
    if feed.mode == "append":
        return "_dt, _file, _line"
    return f'"{feed.version}" desc nulls last, _dt desc, _file desc, _line desc'
