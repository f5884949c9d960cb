"""`make dev` as it is started by hand: the UI answers on this machine alone and shows everything."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

STARTS_WITHIN_SECONDS = 180

EVERYTHING = """{
  assetNodes { assetKey { path } groupName description assetChecksOrError { ... on AssetChecks { checks { name } } } }
  repositoriesOrError { ... on RepositoryConnection { nodes {
    location { name }
    jobs { name }
    schedules { name scheduleState { status } }
    sensors { name sensorState { status } }
  } } }
  instance { daemonHealth { allDaemonStatuses { daemonType healthy } } }
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port: int) -> dict:
    """What the UI's own interface tells."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": EVERYTHING}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def is_running(told: dict) -> bool:
    daemons = told["instance"]["daemonHealth"]["allDaemonStatuses"]
    return bool(told["assetNodes"]) and all(daemon["healthy"] for daemon in daemons)


def ask_until_it_runs(port: int, process: subprocess.Popen, log: Path) -> dict:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            told = ask(port)
        except (urllib.error.URLError, ConnectionError):
            told = {}
        if told and is_running(told):
            return told
        time.sleep(0.5)
    raise AssertionError(log.read_text(encoding="utf-8")[-4000:])


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict]]:
    """The port of a UI that runs, and what it tells; afterwards it ends as Ctrl-C ends it."""
    folder, port = tmp_path_factory.mktemp("dev"), free_port()
    log = folder / "dev.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster_project.defs.dev", str(port)],
            env={**os.environ, "WAREHOUSE_HOME": str(folder / "home")},
            stdout=output,
            stderr=output,
            start_new_session=True,
            # a test run in the background of a script ignores the signal, and what it starts would too
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            yield port, ask_until_it_runs(port, process, log)
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def test_every_asset_has_a_group_and_a_description(development: tuple[int, dict]) -> None:
    assets = {"/".join(node["assetKey"]["path"]): node for node in development[1]["assetNodes"]}
    assert {"raw/payments", "staging/stg_finance__payments", "published/finance/payments_daily"} <= assets.keys()
    assert {node["groupName"] for node in assets.values()} == {"product", "finance", "platform", "security", "ops"}
    assert [name for name, node in assets.items() if not node["description"]] == []


def test_checks_of_both_tools_are_shown(development: tuple[int, dict]) -> None:
    checks = {
        check["name"] for node in development[1]["assetNodes"] for check in node["assetChecksOrError"].get("checks", [])
    }
    assert {"expectations", "assert_every_amount_has_a_rate", "finance_may_be_published"} <= checks


def test_the_job_with_its_schedule_and_its_sensor_is_there(development: tuple[int, dict]) -> None:
    [repository] = development[1]["repositoriesOrError"]["nodes"]
    assert repository["location"]["name"] == "warehouse"
    assert "nightly" in {job["name"] for job in repository["jobs"]}
    assert repository["schedules"] == [{"name": "every_night", "scheduleState": {"status": "RUNNING"}}]
    assert repository["sensors"] == [{"name": "newly_landed_files", "sensorState": {"status": "STOPPED"}}]


def test_no_other_machine_can_open_it(development: tuple[int, dict]) -> None:
    # 127.0.0.2 is this machine too, and answers where a server listens on every address
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", development[0]))
