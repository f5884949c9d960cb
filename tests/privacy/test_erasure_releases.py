"""Retained releases lose rows of the person and texts that name them; ids, readers and every other figure stay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

from dagster_project.privacy.erase import erase
from dagster_project.warehouse.fingerprint import describe, fingerprints
from dagster_project.warehouse.gate.verdict import Check
from dagster_project.warehouse.release.releases import list_releases, publish
from tests.privacy.people import found_in
from tests.warehouse.toys import judge, make_settings, read, write_candidate

MOVEMENTS = """
    create table finance.mrr_movements_monthly as
        select month, user_id, 9.5 as closing_mrr
        from (values (date '2026-10-01')) as months (month), (values ('u-100'), ('u-1001')) as people (user_id);
    comment on table finance.mrr_movements_monthly is 'One row per month and customer';
    comment on column finance.mrr_movements_monthly.user_id is 'The customer';
"""
NAMED = Check("every_customer_is_known", "finance", "dbt", "warn", False, "1 row", "u-100 is unknown")
UNTOUCHED = ["finance.payments_daily", "finance.refunds_daily", "product.registrations_daily", "ops.feed_deliveries"]


def test_a_release_is_rewritten_in_place_and_open_readers_keep_theirs(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    for version in (1, 2):
        write_candidate(settings, version)
        if version == 1:
            with duckdb.connect(str(settings.candidate)) as connection:
                connection.execute(MOVEMENTS)
        judge(settings, checks=(NAMED,))
        publish(settings, report=lambda message: None)
    ids = [release.release_id for release in list_releases(settings)]
    current = settings.current_release.readlink()
    reader = _reader(settings.current_release)
    before = _untouched(settings.current_release)

    receipt = erase(settings, "u-100", report=lambda message: None)

    assert receipt.left == []
    assert found_in(settings.home, ["u-100"]) == []
    assert [release.release_id for release in list_releases(settings)] == ids
    assert settings.current_release.readlink() == current
    for path in settings.releases.iterdir():
        assert path.stat().st_mode & 0o777 == 0o440
        assert read(path, "select user_id from finance.mrr_movements_monthly") == [("u-1001",)]
        assert read(path, "select distinct detail from ops.quality_checks") == [("(erased) is unknown",)]
    assert _untouched(settings.current_release) == before
    assert reader.communicate("now\n")[0] == "2\n"


def _reader(path: Path) -> subprocess.Popen[str]:
    """Another process that opens the release, and counts customers when it is told to."""
    count = "select count(*) from finance.mrr_movements_monthly"
    code = (
        "import duckdb, sys\n"
        f"connection = duckdb.connect({str(path)!r}, read_only=True)\n"
        "print('open', flush=True); sys.stdin.readline()\n"
        f"print(connection.execute({count!r}).fetchall()[0][0])"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "open\n"
    return process


def _untouched(path: Path) -> tuple:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as release (read_only)")
        return fingerprints(connection, "release", UNTOUCHED), describe(connection, "release")
