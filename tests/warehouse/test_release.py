"""Publishing, listing and rolling back releases, on real DuckDB files."""

from __future__ import annotations

import resource
import shutil
import stat
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from dagster_project.cli import app
from dagster_project.settings import DBT_PROJECT, Settings
from dagster_project.warehouse.gate.verdict import Check, verdict_file
from dagster_project.warehouse.release import releases as release
from dagster_project.warehouse.release.history import COLUMNS
from dagster_project.warehouse.release.releases import ReleaseError, list_releases, open_release, publish, rollback
from tests.warehouse.toys import PASSED, judge, make_settings, night, read, write_candidate

VERSIONS = """
select (select max(attempts) from finance.payments_daily), (select max(refunds) from finance.refunds_daily),
    (select max(registrations) from product.registrations_daily), (select max(lines) from ops.feed_deliveries)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home in which nothing was published yet."""
    return make_settings(tmp_path / "home")


@pytest.fixture(scope="module")
def model_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with version 1 published and version 2 judged, made once."""
    settings = make_settings(tmp_path_factory.mktemp("model") / "home")
    published(settings, 1)
    night(settings, 2)
    return settings.home


@pytest.fixture
def judged(model_home: Path, tmp_path: Path) -> Settings:
    """A copy of the model home: version 1 is published, version 2 is judged."""
    return make_settings(Path(shutil.copytree(model_home, tmp_path / "home", symlinks=True)))


def published(settings: Settings, version: int, held_back: dict[str, str] | None = None) -> release.Release:
    night(settings, version, held_back)
    return publish(settings, report=lambda _: None)


def versions(settings: Settings) -> tuple:
    """(payments, refunds, registrations, deliveries): the version that each published table carries."""
    return read(settings.current_release, VERSIONS)[0]


def freshness(settings: Settings, domain: str) -> tuple:
    return read(
        settings.current_release,
        f"select release_id, as_of, is_held_back, reason from ops.domain_freshness where domain = '{domain}'",
    )[0]


def test_a_release_holds_the_tables_of_the_candidate_and_is_linked_relatively(settings):
    first = published(settings, 1)
    assert versions(settings) == (1, 1, 1, 1)
    assert settings.current_release.readlink() == Path("releases") / f"{first.release_id}.duckdb"
    assert freshness(settings, "platform") == (first.release_id, date(2026, 11, 23), False, None)


def test_nobody_but_owner_and_group_can_read_a_release_and_nobody_write_it(settings):
    first = published(settings, 1)
    assert stat.S_IMODE(first.path.stat().st_mode) == 0o440
    assert stat.S_IMODE(settings.releases.stat().st_mode) == 0o750
    assert stat.S_IMODE(verdict_file(settings).stat().st_mode) == 0o600


def test_comments_on_tables_and_columns_are_reproduced_also_for_a_domain_held_back(judged):
    judge(judged, {"finance": "a check failed"})
    publish(judged)
    tables = dict(read(judged.current_release, "select table_name, comment from duckdb_tables()"))
    columns = read(judged.current_release, "select comment from duckdb_columns() where column_name = 'attempts'")
    assert tables["payments_daily"] == "One row per day; it's the grain"
    assert tables["releases"] == "One row per release"
    assert columns == [("Attempts by attempted_at",)]


def test_a_held_back_domain_keeps_its_last_good_tables_while_the_others_publish(settings):
    first = published(settings, 1)
    published(settings, 2, {"finance": "assert_x failed"})
    third = published(settings, 3, {"finance": "assert_x failed"})
    assert versions(settings) == (1, 1, 3, 3)
    assert freshness(settings, "finance") == (first.release_id, date(2026, 11, 23), True, "assert_x failed")
    assert third.domains_held_back == ("finance",)
    fourth = published(settings, 4)
    assert versions(settings) == (4, 4, 4, 4)
    assert freshness(settings, "finance") == (fourth.release_id, date(2026, 11, 23), False, None)


def test_a_domain_held_back_from_the_start_has_no_table_and_no_release(settings):
    published(settings, 1, {"finance": "assert_x failed"})
    assert read(settings.current_release, "select 1 from duckdb_tables() where schema_name = 'finance'") == []
    assert freshness(settings, "finance") == (None, None, True, "assert_x failed")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * from finance.payments_daily", "not published yet, as it was held back: finance"),
        ("select 1; select 2", "expected one query"),
        ("", "expected one query"),
    ],
)
def test_a_query_that_can_not_be_answered_is_wrong_usage_and_says_why(settings, sql, expected):
    published(settings, 1, {"finance": "assert_x failed"})
    result = CliRunner().invoke(app, ["--home", str(settings.home), "query", sql])
    assert result.exit_code == 2
    assert expected in " ".join(result.output.split())


def test_ops_whose_models_failed_keeps_its_deliveries_and_still_records_the_release(judged):
    judge(judged, {"ops": "dbt builds feed_deliveries failed"})
    second = publish(judged)
    assert versions(judged) == (2, 2, 2, 1)
    assert read(judged.current_release, "select max(release_id) from ops.releases") == [(second.release_id,)]


def test_the_very_first_release_records_itself_also_when_no_model_of_ops_was_built(settings):
    first = published(settings, 1, {"ops": "dbt builds feed_deliveries failed"})
    assert read(settings.current_release, "select release_id from ops.releases") == [(first.release_id,)]
    assert freshness(settings, "ops") == (None, None, True, "dbt builds feed_deliveries failed")


def test_publishing_without_a_verdict_is_refused(settings):
    write_candidate(settings, 1)
    with pytest.raises(ReleaseError, match="has nothing that was judged: run `warehouse nightly` first"):
        publish(settings)


def test_a_verdict_that_is_no_verdict_is_refused(settings):
    night(settings, 1)
    verdict_file(settings).write_text('{"as_of": "2026-11-23"}')
    with pytest.raises(ReleaseError, match="is no verdict"):
        publish(settings)


@pytest.mark.parametrize(
    "change",
    [
        "update finance.payments_daily set attempts = 9 where payment_date = '2026-11-02'",
        "delete from product.registrations_daily using range(1) where rowid = 0",
        "drop table finance.refunds_daily",
        "alter table finance.refunds_daily rename refunds to refunded",
        "alter table finance.refunds_daily alter refunds type integer",
        "comment on column finance.payments_daily.attempts is 'something else'",
        "update finance.payments_daily set kind = attempts::varchar, attempts = 0",
    ],
)
def test_publishing_alone_after_the_candidate_changed_is_refused(judged, change):
    with duckdb.connect(str(judged.candidate)) as connection:
        connection.execute(change)
    with pytest.raises(ReleaseError, match="not of this candidate"):
        publish(judged)
    assert len(list_releases(judged)) == 1
    assert versions(judged) == (1, 1, 1, 1)


def test_rows_in_another_order_are_the_same_candidate(judged):
    with duckdb.connect(str(judged.candidate)) as connection:
        connection.execute(
            "create temp table turned as from finance.payments_daily order by payment_date desc; "
            "delete from finance.payments_daily; insert into finance.payments_daily from turned"
        )
    publish(judged)
    assert versions(judged) == (2, 2, 2, 2)


def test_a_copy_that_lost_rows_is_not_published(judged, monkeypatch):
    whole = release.copy_table

    def half(connection, source, target, table, described):
        whole(connection, source, target, table, described)
        connection.execute(f"delete from {target}.{table} where rowid = 0")

    monkeypatch.setattr(release, "copy_table", half)
    with pytest.raises(ReleaseError, match="rows expected 3, found 2"):
        publish(judged)
    assert versions(judged) == (1, 1, 1, 1)
    assert [path.name for path in judged.releases.iterdir()] == [list_releases(judged)[0].path.name]


def test_a_full_disk_leaves_the_current_release_and_no_rubbish(judged):
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited[1]))
    try:
        with pytest.raises(duckdb.Error):
            publish(judged)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert versions(judged) == (1, 1, 1, 1)
    assert [path.name for path in judged.releases.iterdir()] == [list_releases(judged)[0].path.name]
    publish(judged)
    assert versions(judged) == (2, 2, 2, 2)


def test_a_second_run_changes_nothing(settings):
    first = published(settings, 1)
    content = first.path.read_bytes()
    again = published(settings, 1)
    assert again.unchanged and again.release_id == first.release_id
    assert [kept.path.read_bytes() for kept in list_releases(settings)] == [content]


def test_another_as_of_day_or_another_outcome_of_a_check_is_a_new_release(judged):
    publish(judged)
    judge(judged, as_of=date(2026, 11, 24))
    assert not publish(judged).unchanged
    judge(judged, as_of=date(2026, 11, 24), checks=(Check("unique_payments", "finance", "dbt", "warn", False),))
    assert not publish(judged).unchanged
    assert publish(judged).unchanged
    assert len(list_releases(judged)) == 4


def test_the_history_of_checks_and_releases_accumulates(settings):
    ids = [published(settings, version).release_id for version in (1, 2, 3)]
    assert read(settings.current_release, "select release_id from ops.releases order by 1") == [(i,) for i in ids]
    checks = read(settings.current_release, "select release_id, check_name, passed from ops.quality_checks order by 1")
    assert checks == [(release_id, PASSED.check_name, True) for release_id in ids]


def test_history_survives_a_rollback_and_tables_held_back_come_from_the_release_rolled_back_to(settings):
    first, second = published(settings, 1), published(settings, 2)
    assert rollback(settings).release_id == first.release_id
    assert versions(settings) == (1, 1, 1, 1)
    third = published(settings, 3, {"finance": "assert_x failed"})
    assert versions(settings) == (1, 1, 3, 3)
    assert freshness(settings, "finance")[0] == first.release_id
    recorded = read(settings.current_release, "select release_id from ops.releases order by 1")
    assert recorded == [(first.release_id,), (second.release_id,), (third.release_id,)]


def test_rollback_goes_to_a_named_release_and_forward_again(settings):
    ids = [published(settings, version).release_id for version in (1, 2, 3)]
    rollback(settings, ids[0])
    assert versions(settings) == (1, 1, 1, 1)
    rollback(settings, ids[2])
    assert versions(settings) == (3, 3, 3, 3)
    assert [(kept.release_id, kept.is_current) for kept in list_releases(settings)] == [
        (ids[2], True),
        (ids[1], False),
        (ids[0], False),
    ]


def test_rollback_to_a_release_that_is_not_there_names_those_that_are(judged):
    only = list_releases(judged)[0].release_id
    with pytest.raises(ReleaseError, match=f"no release 20200101T000000Z; retained are: {only}"):
        rollback(judged, "20200101T000000Z")
    with pytest.raises(ReleaseError, match="no release before the current one"):
        rollback(judged)


def test_rollback_before_anything_was_published_says_what_to_do(settings):
    with pytest.raises(ReleaseError, match="run `warehouse nightly` first"):
        rollback(settings)


def test_the_newest_releases_are_kept(judged):
    first = list_releases(judged)[0]
    settings = make_settings(judged.home, keep_releases=2)
    second = publish(settings)
    third = published(settings, 3)
    assert [kept.release_id for kept in list_releases(settings)] == [third.release_id, second.release_id]
    assert not first.path.exists()


def test_an_old_release_that_is_current_is_kept(judged):
    old = list_releases(judged)[0]
    new = publish(judged)
    rollback(judged)
    release.release_files.prune(make_settings(judged.home, keep_releases=1))
    assert old.path.exists() and new.path.exists()


def test_a_clock_that_goes_back_does_not_disturb_the_order_of_releases(settings, monkeypatch):
    clock = iter([datetime(2026, 11, 23, 2), datetime(2026, 11, 23, 1), datetime(2020, 1, 1)])
    moments: list[datetime] = []
    monkeypatch.setattr(release, "_utc_now", lambda: moments[-1])
    ids = []
    for version in (1, 2, 3):
        moments.append(next(clock))
        ids.append(published(settings, version).release_id)
    assert ids == ["20261123T020000Z", "20261123T020000Z-0001", "20261123T020000Z-0002"]
    assert [kept.release_id for kept in list_releases(settings)] == ids[::-1]
    assert versions(settings) == (3, 3, 3, 3)


def test_an_open_reader_keeps_its_release_while_new_connections_get_the_new_one(judged):
    with open_release(judged) as reader:
        publish(judged)
        assert reader.execute(VERSIONS).fetchall() == [(1, 1, 1, 1)]
        with open_release(judged) as another:
            assert another.execute(VERSIONS).fetchall() == [(2, 2, 2, 2)]


def test_opening_before_anything_was_published_says_what_to_do(settings):
    with pytest.raises(ReleaseError, match="warehouse nightly"), open_release(settings):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "from read_text('{file}')",
        "copy (select 1) to '{file}'",
        "attach '{file}' as other",
        "set enable_external_access = true",
        "drop table finance.payments_daily",
        "install httpfs",
    ],
)
def test_a_query_of_the_release_can_neither_write_nor_leave_it(judged, statement):
    file = judged.home / "secret.txt"
    file.write_text("secret")
    with open_release(judged) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement.format(file=file)).fetchall()
    assert file.read_text() == "secret"


def test_the_tables_that_a_release_writes_about_itself_are_those_that_dbt_documents():
    documented = {}
    for table in COLUMNS:
        [model] = yaml.safe_load((DBT_PROJECT / f"models/marts/{table.replace('.', '/')}.yml").read_text())["models"]
        documented[table] = {column["name"]: column["data_type"] for column in model["columns"]}
    assert documented == COLUMNS
