"""Pages on their way to readers: made with a release, switched with it, and never in its way."""

from __future__ import annotations

import http.client
import os
import stat
import threading
from pathlib import Path

import pytest

from dagster_project.dashboards import publish as arm
from dagster_project.dashboards.current import current_index, make_current
from dagster_project.dashboards.folders import replaced
from dagster_project.dashboards.publish import make_pages
from dagster_project.dashboards.render import VEGA
from dagster_project.dashboards.serve import server
from dagster_project.exit_codes import UsageError
from dagster_project.settings import Settings
from dagster_project.warehouse.build.project import project_stamp
from dagster_project.warehouse.release import files as release_files
from dagster_project.warehouse.release.releases import publish, rollback
from tests.dashboards.toy_release import RELEASE_ID, write_toy_release
from tests.warehouse.toys import make_settings, night


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home in which nothing was published yet."""
    return make_settings(tmp_path / "home", keep_releases=2)


def quiet(_: str) -> None:
    """Say nothing."""


def written(settings: Settings, release_id: str, report: object) -> None:
    """Pages that are made in no time."""
    folder = release_files.pages_path(settings, release_id)
    folder.mkdir()
    (folder / "index.html").write_text(f"pages of {release_id}", encoding="utf-8")


def shown(settings: Settings) -> str:
    return (release_files.current_pages(settings) / "index.html").read_text(encoding="utf-8")


def test_pages_are_made_before_the_switch_and_switched_with_it_back_and_forth(settings: Settings) -> None:
    currents = []

    def pages(settings: Settings, release_id: str, report: object) -> None:
        currents.append((release_id, release_files.current_id(settings)))
        written(settings, release_id, report)

    night(settings, 1)
    first = publish(settings, quiet, pages)
    night(settings, 2)
    second = publish(settings, quiet, pages)

    assert currents == [(first.release_id, None), (second.release_id, first.release_id)]
    assert shown(settings) == f"pages of {second.release_id}"
    assert release_files.current_pages(settings).readlink() == Path(second.release_id)
    rollback(settings)
    assert shown(settings) == f"pages of {first.release_id}"


def test_pages_that_fail_hold_no_release_back(settings: Settings) -> None:
    said: list[str] = []

    def failing(settings: Settings, release_id: str, report: object) -> None:
        raise OSError("no space left")

    night(settings, 1)
    first = publish(settings, said.append, failing)

    assert release_files.current_id(settings) == first.release_id
    assert f"release {first.release_id} has no pages: OSError: no space left" in said
    assert not release_files.current_pages(settings).exists()


def test_a_release_without_pages_shows_none_rather_than_those_of_another_and_gets_them_later(
    settings: Settings,
) -> None:
    night(settings, 1)
    publish(settings, quiet, written)
    night(settings, 2)
    second = publish(settings, quiet)
    assert not release_files.current_pages(settings).exists()

    assert publish(settings, quiet, written).unchanged
    assert shown(settings) == f"pages of {second.release_id}"


def test_pages_go_when_their_release_goes(settings: Settings) -> None:
    ids = []
    for version in (1, 2, 3):
        night(settings, version)
        ids.append(publish(settings, quiet, written).release_id)

    assert sorted(os.listdir(settings.dashboards)) == [*ids[1:], "current"]


def test_a_crash_between_the_two_links_and_half_made_pages_are_mended_by_the_next_run(settings: Settings) -> None:
    night(settings, 1)
    first = publish(settings, quiet, written)
    night(settings, 2)
    second = publish(settings, quiet, written)
    release_files.point_to_pages(settings, first.release_id)
    (settings.dashboards / ".half.new.tmp").mkdir()
    (settings.dashboards / ".half.new.tmp" / "index.html").touch()
    (settings.dashboards / ".current.link").symlink_to("nowhere")

    release_files.prepare(settings)

    assert shown(settings) == f"pages of {second.release_id}"
    assert sorted(os.listdir(settings.dashboards)) == [first.release_id, second.release_id, "current"]


def with_toy_release(settings: Settings) -> Settings:
    """The home with the toy release as the current one, without pages, and an empty manifest of dbt, which is slow."""
    release_files.prepare(settings)
    (settings.work / "dbt").mkdir(parents=True)
    (settings.work / "dbt" / f"manifest-{project_stamp()}.json").write_text('{"nodes": {}}', encoding="utf-8")
    write_toy_release(release_files.release_path(settings, RELEASE_ID))
    release_files.point_to(settings, RELEASE_ID)
    return settings


def test_the_command_makes_all_pages_readable_to_whom_a_release_is(settings: Settings) -> None:
    said: list[str] = []
    make_current(with_toy_release(settings), said.append)
    folder = release_files.pages_path(settings, RELEASE_ID)

    assert said == []
    pages = ["executive.html", "index.html", "metrics.html", "operational.html", "technical.html"]
    assert sorted(os.listdir(folder)) == sorted(["dashboards.css", "dashboards.js", VEGA, *pages])
    assert current_index(settings) == release_files.current_pages(settings) / "index.html"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o440}


def test_pages_take_the_place_of_read_only_ones(tmp_path: Path) -> None:
    for text in ("first", "second"):
        with replaced(tmp_path / "pages") as draft:
            (draft / "index.html").write_text(text, encoding="utf-8")

    assert (tmp_path / "pages" / "index.html").read_text(encoding="utf-8") == "second"
    assert os.listdir(tmp_path) == ["pages"]


def test_a_release_that_can_not_be_read_has_a_page_that_says_why(settings: Settings) -> None:
    with_toy_release(settings)
    release_files.release_path(settings, RELEASE_ID).write_bytes(b"no database")
    said: list[str] = []

    assert not make_pages(settings, RELEASE_ID, said.append)
    assert said[0].startswith(f"the dashboards of release {RELEASE_ID} could not be made: ")
    page = (release_files.pages_path(settings, RELEASE_ID) / "index.html").read_text(encoding="utf-8")
    assert "This page could not be made" in page and "not a valid DuckDB database" in page


def test_a_build_that_hangs_is_a_failed_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm, "PATIENCE_SECONDS", 0.01)
    said: list[str] = []

    assert not make_pages(with_toy_release(settings), RELEASE_ID, said.append)
    assert "timed out" in said[0]


def test_without_a_release_there_is_nothing_to_make(settings: Settings) -> None:
    with pytest.raises(UsageError, match="nothing was published yet"):
        make_current(settings, quiet)


def test_the_pages_are_served_to_this_machine_alone_and_follow_the_switch(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name, encoding="utf-8")
    link = tmp_path / "current"
    link.symlink_to("first")
    with server(link, 0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        answers = [get(serving.server_port, "/", "localhost")]
        link.unlink()
        link.symlink_to("second")
        answers += [get(serving.server_port, "/", "127.0.0.1"), get(serving.server_port, "/../first/", "127.0.0.1")]
        answers.append(get(serving.server_port, "/", "evil.example"))
        assert serving.server_address[0] == "127.0.0.1"
        serving.shutdown()

    assert answers[:2] == [(200, "first"), (200, "second")]
    assert [status for status, _ in answers[2:]] == [404, 403]


def get(port: int, path: str, host: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", path, skip_host=True)
    connection.putheader("Host", f"{host}:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read().decode()
