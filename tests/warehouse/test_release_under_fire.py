"""Releases while processes are killed and readers keep reading."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT, Settings
from dagster_project.warehouse.release.releases import list_releases, open_release, publish, rollback
from tests.warehouse.toys import make_settings, night, read

# One row: the versions found in the tables of one release. More than one version would be a mixed release.
VERSIONS = """
select list_distinct(list(version)) from (
    select attempts as version from finance.payments_daily union all select refunds from finance.refunds_daily
    union all select registrations from product.registrations_daily union all select lines from ops.feed_deliveries)
"""

PUBLISHING_ON_AND_ON = """
import sys
from pathlib import Path
from dagster_project.warehouse.release.releases import publish
from tests.warehouse.toys import make_settings, night
settings = make_settings(Path(sys.argv[1]), keep_releases=5)
print("ready", flush=True)
for version in range(int(sys.argv[2]), sys.maxsize):
    night(settings, version)
    publish(settings)
"""

READING_ON_AND_ON = """
import json, sys, threading
import duckdb
done = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()
seen, errors = set(), []
print("ready", flush=True)
while not done.is_set():
    try:
        with duckdb.connect(sys.argv[1], read_only=True) as connection:
            connection.execute("set enable_progress_bar = false")  # it would be printed among the answers
            seen.add(tuple(connection.execute(sys.argv[2]).fetchall()[0][0]))
    except Exception as error:
        errors.append(repr(error))
print(json.dumps({"seen": sorted(seen), "errors": errors}))
"""


def start(script: str, *arguments: object) -> subprocess.Popen:
    """A Python process running `script`, from the moment it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def whole_version(path: Path) -> int:
    """The one version that all tables of a release carry; fails where they carry several."""
    [[found]] = read(path, VERSIONS)
    assert len(found) == 1, f"{path} mixes versions {found}"
    return found[0]


def quiet_night(settings: Settings, version: int) -> None:
    night(settings, version)
    publish(settings, report=lambda _: None)


def test_killed_at_any_moment_the_current_release_is_whole_and_the_next_publish_completes(tmp_path):
    settings = make_settings(tmp_path / "home", keep_releases=5)
    quiet_night(settings, 1)
    version = 1
    for _ in range(4):
        process = start(PUBLISHING_ON_AND_ON, settings.home, version + 1)
        time.sleep(random.uniform(0.05, 0.8))
        process.kill()
        process.wait()
        found = whole_version(settings.current_release)
        assert found >= version
        for release in list_releases(settings):
            whole_version(release.path)
        version = found + 100
        quiet_night(settings, version)
        assert whole_version(settings.current_release) == version
        assert [path for path in settings.releases.iterdir() if path.name.startswith(".")] == []


def test_readers_never_fail_and_never_see_a_mixed_release_while_releases_are_switched(tmp_path):
    settings = make_settings(tmp_path / "home", keep_releases=2)
    quiet_night(settings, 1)
    seen_here, stop = set(), threading.Event()

    def read_here() -> None:
        while not stop.is_set():
            with open_release(settings) as connection:
                seen_here.add(tuple(connection.execute(VERSIONS).fetchall()[0][0]))

    here = threading.Thread(target=read_here)
    here.start()
    elsewhere = start(READING_ON_AND_ON, settings.current_release, VERSIONS)
    for version in (2, 3, 4):
        quiet_night(settings, version)
    rollback(settings)
    time.sleep(0.2)
    stop.set()
    here.join()
    answer = json.loads(elsewhere.communicate()[0])
    assert answer["errors"] == []
    assert {len(found) for found in [*answer["seen"], *seen_here]} == {1}
    assert len(answer["seen"]) >= 3 and len(seen_here) >= 3


# `make faults` has a hundred of them; a test run would do little else.
READERS = 100 if "WAREHOUSE_FAULTS" in os.environ else 16

MANY_READERS = """
import sys, threading, time
import duckdb
path, sql, readers = sys.argv[1], sys.argv[2], int(sys.argv[3])
done, seen, errors, reads = threading.Event(), set(), [], [0] * readers
def read(number):
    while not done.is_set():
        try:
            with duckdb.connect(path, read_only=True, config={"threads": 1}) as connection:
                connection.execute("set enable_progress_bar = false")
                seen.add(tuple(connection.execute(sql).fetchall()[0][0]))
            reads[number] += 1
            time.sleep(0.3)
        except Exception as error:
            errors.append(repr(error))
threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
[thread.start() for thread in threads]
print("ready", flush=True)
sys.stdin.read()
done.set()
[thread.join() for thread in threads]
import json
import os
print(json.dumps({"seen": sorted(seen), "errors": errors[:3], "least": min(reads)}))
"""


def test_many_readers_never_fail_and_never_see_a_mixed_release(tmp_path):
    settings = make_settings(tmp_path / "home", keep_releases=2)
    quiet_night(settings, 1)
    processes = [start(MANY_READERS, settings.current_release, VERSIONS, READERS // 4) for _ in range(4)]
    for version in range(2, 6):
        quiet_night(settings, version)
    rollback(settings)
    time.sleep(0.5)
    answers = [json.loads(process.communicate()[0]) for process in processes]
    assert [answer["errors"] for answer in answers] == [[]] * 4
    assert {len(found) for answer in answers for found in answer["seen"]} == {1}
    assert all(answer["least"] >= 1 for answer in answers)
    assert len({found[0] for answer in answers for found in answer["seen"]}) >= 3


def test_a_reader_that_stays_keeps_its_release_over_ten_publications(tmp_path):
    settings = make_settings(tmp_path / "home", keep_releases=2)
    quiet_night(settings, 1)
    with open_release(settings) as connection:
        for version in range(2, 12):
            quiet_night(settings, version)
            assert connection.execute(VERSIONS).fetchall() == [([1],)]
            assert whole_version(settings.current_release) == version
    assert len(list(settings.releases.iterdir())) == 2
