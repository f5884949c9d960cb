"""Which row stands, and what the ledger says, depends on what was delivered alone: never on the order of loading."""

import itertools
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.warehouse.load import feeds, raw_tables, standing
from tests.warehouse.homes import Home, event, payment


def test_loading_again_changes_nothing(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1"), event("e2")])
    home.load()
    before = home.query("select * from load.deliveries")
    assert home.load().feeds == []
    assert home.query("select * from load.deliveries") == before


def test_the_same_content_delivered_again_is_a_no_op(home: Home) -> None:
    path = home.deliver("events", "2024-03-01", "a.ndjson", [event("e1")])
    home.load()
    before = home.query("select * exclude (identity) from load.deliveries")
    path.unlink()
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1")])
    assert home.load().feeds == []
    assert home.query("select * exclude (identity) from load.deliveries") == before


def test_other_content_under_the_same_path_replaces_what_the_old_one_loaded(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1"), event("e2"), {"broken": 1}])
    home.load()
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e2", page="/new"), event("e3")])
    home.load()
    assert home.query("select event_id, page from raw.events order by 1") == [("e2", "/new"), ("e3", None)]
    assert home.ledger() == {"a.ndjson": (2, 2, 0, 0)}
    assert home.quarantine() == []


def test_a_file_that_is_replaced_gives_way_to_the_duplicates_it_had_beaten(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1", page="/first")])
    home.deliver("events", "2024-03-02", "b.ndjson", [event("e1", page="/second")])
    home.load()
    assert home.ledger() == {"a.ndjson": (1, 1, 0, 0), "b.ndjson": (1, 0, 1, 0)}
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e0")])
    home.load()
    assert home.query("select event_id, page from raw.events order by 1") == [("e0", None), ("e1", "/second")]
    assert home.ledger() == {"a.ndjson": (1, 1, 0, 0), "b.ndjson": (1, 1, 0, 0)}


def test_a_load_that_was_killed_before_it_settled_is_completed_by_the_next(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.deliver("events", "2024-03-02", "b.ndjson", [event("e1", page="/b"), event("e2"), event("e2")])
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e3", page="/first")])
    home.deliver("events", "2024-03-03", "c.ndjson", [event("e3", page="/last")])
    home.load()
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1", page="/a"), event("e4"), event("e4")])
    with monkeypatch.context() as patch:
        patch.setattr(standing, "settle", _killed)
        with pytest.raises(KeyboardInterrupt):
            home.load()
    assert home.query("select count(*) from raw.events where event_id = 'e4'") == [(2,)]
    home.load()
    standing_rows = [("e1", "/a"), ("e2", None), ("e3", "/last"), ("e4", None)]
    assert home.query("select event_id, page from raw.events order by 1") == standing_rows
    assert home.ledger() == {"a.ndjson": (3, 2, 1, 0), "b.ndjson": (3, 1, 2, 0), "c.ndjson": (1, 1, 0, 0)}
    assert home.query("select distinct status from load.deliveries") == [("loaded",)]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_earlier_delivery_that_comes_late_stands_and_conflicts_are_reported(home: Home) -> None:
    home.deliver("events", "2024-03-02", "b.ndjson", [event("e1", page="/b"), event("e2"), event("e2")])
    home.load()
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1", page="/a"), event("e2")])
    home.load()
    assert home.query("select event_id, page from raw.events order by 1") == [("e1", "/a"), ("e2", None)]
    assert home.ledger() == {"a.ndjson": (2, 2, 0, 0), "b.ndjson": (3, 0, 3, 0)}
    assert home.query("select file, conflicts from load.deliveries order by 1") == [("a.ndjson", 0), ("b.ndjson", 1)]


def test_of_an_upsert_feed_the_highest_version_stands_then_the_latest_delivery(home: Home) -> None:
    home.deliver("payments", "2024-03-02", "b.ndjson", [payment("p1", "2024-03-01T11:00:00Z", status="succeeded")])
    home.deliver("payments", "2024-03-03", "c.ndjson", [payment("p1", "2024-03-01T10:00:00Z", status="pending")])
    home.deliver(
        "payments", "2024-03-01", "a.ndjson", [payment("p2", status="pending"), payment("p2", status="failed")]
    )
    home.load()
    standing = "select attempt_id, status from raw.payments order by 1"
    assert home.query(standing) == [("p1", "succeeded"), ("p2", "failed")]
    assert home.ledger() == {"a.ndjson": (2, 2, 0, 0), "b.ndjson": (1, 1, 0, 0), "c.ndjson": (1, 1, 0, 0)}
    home.deliver("payments", "2024-03-02", "b.ndjson", [payment("p3")])
    home.load()
    assert home.query(standing) == [("p1", "pending"), ("p2", "failed"), ("p3", "succeeded")]


def test_an_optional_part_of_a_key_is_equal_when_it_is_missing_twice(home: Home) -> None:
    sample = {"source": "s", "resource_id": "r", "metric": "m", "sampled_at": "2024-03-01", "resource_type": "host"}
    rows = [{**sample, "value": 1}, {**sample, "value": 1}, {**sample, "value": 2, "labels": {"disk": "a"}}]
    home.deliver("metric_samples", "2024-03-01", "a.ndjson", rows)
    home.load()
    assert home.query("select value from raw.metric_samples order by 1") == [(1.0,), (2.0,)]
    assert home.ledger() == {"a.ndjson": (3, 2, 1, 0)}


@pytest.mark.parametrize(
    "former",
    [
        "alter table raw.events drop column _key_hash; alter table superseded.events drop column _key_hash; "
        "drop table load.key_hashes",
        "update raw.events set _key_hash = 0; update load.key_hashes set made_by = 'hash of DuckDB v0.1'",
    ],
    ids=["loaded without hashes", "hashed by another DuckDB"],
)
def test_a_home_whose_keys_were_not_hashed_as_now_knows_them_all_the_same(home: Home, former: str) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1", page="/first"), event("e2"), event("e2")])
    home.load()
    with duckdb.connect(str(home.settings.candidate)) as connection:
        connection.execute(former)
    home.deliver("events", "2024-03-02", "b.ndjson", [event("e1", page="/second"), event("e2"), event("e3")])
    home.load()
    assert home.query("select event_id, page from raw.events order by 1") == [
        ("e1", "/first"),
        ("e2", None),
        ("e3", None),
    ]
    assert home.ledger() == {"a.ndjson": (3, 2, 1, 0), "b.ndjson": (3, 1, 2, 0)}
    assert home.query("select count(*) from raw.events where _key_hash <> hash(event_id)") == [(0,)]


def test_members_in_another_order_are_no_other_content(home: Home) -> None:
    first = event("e1", properties={"a": 1, "b": 2}, unknown=1, other=2)
    again = event("e1", properties={"b": 2, "a": 1}, other=2, unknown=1)
    home.deliver("events", "2024-03-01", "a.ndjson", [first])
    home.deliver("events", "2024-03-02", "b.ndjson", [again, again | {"properties": {"a": 2, "b": 1}}])
    home.load()
    assert home.query("select duplicates, conflicts from load.deliveries order by file") == [(0, 0), (2, 1)]
    assert home.query("select properties from raw.events") == [('{"a":1,"b":2}',)]


def test_labels_of_a_home_that_kept_them_as_they_came_are_those_of_a_sample_that_comes_again(home: Home) -> None:
    sample = {"source": "s", "resource_id": "r", "metric": "m", "resource_type": "host", "value": 1}
    rows = [sample | {"sampled_at": f"2024-03-0{day}", "labels": {"a": 1, "b": 2}} for day in (1, 1, 2)]
    home.deliver("metric_samples", "2024-03-02", "a.ndjson", rows[:1])
    home.deliver("metric_samples", "2024-03-02", "b.ndjson", rows[2:])
    home.load()
    with duckdb.connect(str(home.settings.candidate)) as connection:
        connection.execute("""
            insert into raw.metric_samples from raw.metric_samples where _line = 1;
            update raw.metric_samples set labels = '{"b": 2, "a": 1}', _line = 2 where rowid > 1;
            update load.deliveries set lines = 2, loaded = 2;
            update load.key_hashes set made_by = 'hash of labels as they came' where feed = 'metric_samples'
        """)
    home.deliver("metric_samples", "2024-03-02", "c.ndjson", rows[1:2])
    home.load()
    assert home.query("select distinct labels from raw.metric_samples") == [('{"a":1,"b":2}',)]
    assert home.ledger() == {"a.ndjson": (2, 1, 1, 0), "b.ndjson": (2, 1, 1, 0), "c.ndjson": (1, 0, 1, 0)}


def test_keys_that_share_a_hash_by_chance_stand_beside_each_other(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (feeds, raw_tables):
        monkeypatch.setattr(module, "key_hash", lambda feed: "1")
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1"), event("e2"), event("e2")])
    home.load()
    home.deliver("events", "2024-03-02", "b.ndjson", [event("e1"), event("e3")])
    home.load()
    assert home.query("select event_id from raw.events order by 1") == [("e1",), ("e2",), ("e3",)]
    assert home.ledger() == {"a.ndjson": (3, 2, 1, 0), "b.ndjson": (2, 1, 1, 0)}


def test_the_ledger_knows_the_first_and_last_event_of_a_file(home: Home) -> None:
    home.deliver("events", "2024-03-01", "a.ndjson", [event("e1", "2024-02-29T23:00:00Z"), event("e2", "2024-02-01")])
    home.load()
    assert home.query("select first_event_at, last_event_at from load.deliveries") == [
        (datetime(2024, 2, 1), datetime(2024, 2, 29, 23))
    ]


STATE = """
    select event_id, page, dt, file, _line from raw.events inner join load.deliveries using (_file_id) order by all
"""
LEDGER = "select dt, file, lines, loaded, duplicates, conflicts, quarantined from load.deliveries order by all"

lines = st.lists(
    st.one_of(
        st.builds(lambda key, page: event(key, page=page), st.sampled_from("abc"), st.sampled_from(["/1", "/2"])),
        st.just({"broken": True}),
    ),
    max_size=4,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_of_deliveries_and_corrections_ends_where_one_load_of_all_ends(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    paths = [(f"2024-03-0{day}", f"{name}.ndjson") for day, name in itertools.product((1, 2), "xy")]
    final = {path: data.draw(lines, label=str(path)) for path in paths}
    corrected = data.draw(st.dictionaries(st.sampled_from(paths), lines, max_size=2), label="what stood there before")
    order = data.draw(st.permutations(paths), label="order of arrival")
    step_by_step, at_once = (Home(Path(tmp_path_factory.mktemp("home"))) for _ in range(2))
    for step in (
        [(path, corrected[path]) for path in order if path in corrected],
        [(path, final[path]) for path in order],
    ):
        for (dt, name), rows in step:
            step_by_step.deliver("events", dt, name, rows)
            step_by_step.load()
    for (dt, name), rows in final.items():
        at_once.deliver("events", dt, name, rows)
    at_once.load()
    assert step_by_step.query(STATE) == at_once.query(STATE)
    assert step_by_step.query(LEDGER) == at_once.query(LEDGER)
    step_by_step.ledger()
