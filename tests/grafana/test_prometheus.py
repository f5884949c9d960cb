"""A real Prometheus, filled with what `warehouse export-metrics` writes, answers every panel of the dashboard."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from dagster_project.dashboards.build import open_file
from dagster_project.grafana.families import FAMILIES
from dagster_project.grafana.openmetrics import write_metrics
from dagster_project.grafana.panels import SECTIONS
from tests.acceptance.homes import Warehouse
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release

PANELS = [panel for panels in SECTIONS.values() for panel in panels]
END = 1792368000  # 19 October 2026, 00:00 UTC: the end of the toy release's newest day
OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of the toy release as OpenMetrics."""
    folder = tmp_path_factory.mktemp("metrics")
    release = write_toy_release(folder / f"{RELEASE_ID}.duckdb")
    with open_file(release) as connection, (folder / "metrics.txt").open("w", encoding="utf-8") as target:
        write_metrics(connection, 2, target)
    return folder / "metrics.txt"


@pytest.fixture(scope="module")
def prometheus(exported: Path) -> Iterator[str]:
    """The address of a Prometheus with these figures."""
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        pytest.skip("Prometheus is not installed (Debian: apt install prometheus)")
    data = exported.parent / "tsdb"
    backfill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(exported), str(data)]
    subprocess.run(backfill, check=True, capture_output=True, timeout=120)
    (exported.parent / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        "prometheus",
        f"--config.file={exported.parent / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=50y",
        f"--web.listen-address={address}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                OPEN(f"http://{address}/-/ready", timeout=10)
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=60)


def ask(address: str, query: str) -> list[dict]:
    given = urllib.parse.urlencode({"query": query, "time": END})
    answer = json.load(OPEN(f"http://{address}/api/v1/query?{given}", timeout=60))
    assert answer["status"] == "success"
    return answer["data"]["result"]


@pytest.mark.parametrize("panel", PANELS, ids=[panel.title for panel in PANELS])
def test_a_panel_has_figures(prometheus: str, panel) -> None:
    assert ask(prometheus, panel.query)


def test_a_figure_is_what_the_release_says(prometheus: str, exported: Path) -> None:
    with open_file(exported.parent / f"{RELEASE_ID}.duckdb") as connection:
        (expected,) = connection.execute(
            "select attempts - failures from security.authentication_daily where activity_date = '2026-10-18'"
        ).fetchall()[0]
    (panel,) = (panel for panel in PANELS if panel.title == "Sign-ins")
    shown = {one["metric"]["outcome"]: float(one["value"][1]) for one in ask(prometheus, panel.query)}

    assert shown["success"] == expected


def test_a_day_ends_when_it_does_in_the_reporting_time_zone_and_an_hour_in_utc(exported: Path) -> None:
    text = StringIO()
    with open_file(exported.parent / f"{RELEASE_ID}.duckdb") as connection:
        write_metrics(connection, 1, text, "America/St_Johns")  # two and a half hours behind in October
    in_st_johns = {line.split(" ")[0].split("{")[0]: int(line.split(" ")[-1]) for line in _samples(text.getvalue())}

    assert in_st_johns["warehouse_active_users"] == END + 9000
    assert in_st_johns["warehouse_critical_path_success_ratio"] == END
    assert in_st_johns["warehouse_feed_lines_total"] == END


def _samples(text: str) -> list[str]:
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def test_the_text_is_open_metrics(exported: Path) -> None:
    text = exported.read_text(encoding="utf-8")

    assert text.endswith("\n# EOF\n")
    for family in FAMILIES:
        assert f"# TYPE {family.name} {family.type}\n" in text
        assert not family.unit or family.name.endswith(f"_{family.unit}")
        assert f"\n{family.name}{'_total' if family.type == 'counter' else ''}" in text


def test_the_command_writes_figures_alone_to_standard_output_and_tells_of_a_file_beside(tmp_path: Path) -> None:
    release = write_toy_release(tmp_path / "published" / "releases" / f"{RELEASE_ID}.duckdb")
    (tmp_path / "published" / "warehouse.duckdb").symlink_to(release)
    warehouse = Warehouse(tmp_path)

    shown = warehouse.run("export-metrics", "--days", "1")
    written = warehouse.run("export-metrics", "--days", "1", "--output", str(tmp_path / "metrics.txt"))

    assert shown.stdout.endswith("# EOF\n")
    assert (written.stdout, (tmp_path / "metrics.txt").read_text(encoding="utf-8")) == ("", shown.stdout)
    assert "metrics.txt, the last 1 day" in written.stderr
