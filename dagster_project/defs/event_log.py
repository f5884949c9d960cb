"""Dagster's event log with its databases kept open for the time of one command.

A night writes more than 600 events, one per asset and check and stage of it, and Dagster's own class opens and closes
SQLite, and compiles the same statements anew, up to four times for each: 8 s of CPU instead of 3 s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dagster import DagsterEventType, DagsterInstance, EventLogEntry, EventRecordsResult
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import Connection, Engine, create_engine, event


class OpenEventLog(SqliteEventLogStorage):
    """The same files with the same content; each event is committed before the next one, as in the original."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._there: set[str] = set()
        self._materializations: dict[str, EventRecordsResult] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> OpenEventLog:
        """How Dagster makes it from the configuration."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = self._opened(shard)
            with self._engines[shard].begin() as connection:
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Tables, columns and finished migrations stay; the original looks for them before many events."""
        look = super().has_table
        return self._stays(f"table {table_name}", lambda: look(table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        look = super()._has_asset_key_col_on_connection
        return self._stays(f"column {column_name}", lambda: look(conn, column_name))

    def has_secondary_index(self, name: str) -> bool:
        """Whether a migration of the data is finished, which the original calls an index."""
        look = super().has_secondary_index
        return self._stays(f"migration {name}", lambda: look(name))

    def _stays(self, name: str, look: Callable[[], bool]) -> bool:
        if name not in self._there and look():
            self._there.add(name)
        return name in self._there

    def store_event(self, event: EventLogEntry) -> None:
        """Write one event, after which other materializations may be found."""
        super().store_event(event)
        if event.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION:
            self._materializations.clear()

    def fetch_materializations(self, *args: Any, **limits: Any) -> EventRecordsResult:
        """Dagster asks anew for each check which materialization of its asset it looks at."""
        asked = repr((args, limits))
        if asked not in self._materializations:
            self._materializations[asked] = super().fetch_materializations(*args, **limits)
        return self._materializations[asked]

    def _opened(self, shard: str) -> Engine:
        waiting = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        engine = create_engine(self.conn_string_for_shard(shard), connect_args=waiting)
        event.listen(engine, "connect", _survive_crashes_only)
        self._initdb(engine)
        return engine

    def dispose(self) -> None:
        """Close all databases."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        self._there.clear()
        self._materializations.clear()


def _survive_crashes_only(connection: Any, _: object) -> None:
    """What is committed survives the process, not a power cut: flushing the disk for each event took 10 ms of it."""
    connection.execute("pragma synchronous = off")


def open_instance_at(folder: str) -> DagsterInstance:
    """The instance that is configured in `folder`, with its event log kept open."""
    event_log = {"module": __name__, "class": OpenEventLog.__name__, "config": {"base_dir": f"{folder}/history/runs"}}
    return DagsterInstance.from_ref(InstanceRef.from_dir(folder, overrides={"event_log_storage": event_log}))
