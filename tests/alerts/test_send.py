"""Who is told of what, when and how often; the messages go to a web server of ours."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb
import pytest

from dagster_project.alerts.configuration import read_configuration
from dagster_project.alerts.send import MOST_TOLD, send_alerts
from dagster_project.settings import Settings, SettingsError

RELEASE_ID = "20261019T021500Z"


@dataclass
class Inbox:
    """A server that takes messages; `is_open` says whether it answers well."""

    port: int = 0
    is_open: bool = True
    messages: list[tuple[str, str]] = field(default_factory=list)

    def taken(self) -> list[tuple[str, str]]:
        """Titles and texts since it was asked last."""
        taken, self.messages = self.messages, []
        return taken


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if box.is_open:
                box.messages.append((told["title"], told["message"]))
            self.send_response(200 if box.is_open else 500)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield box
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a release as of 18 October 2026 that has no alert."""
    settings = Settings(tmp_path / "home")
    settings.releases.mkdir(parents=True)
    settings.work.mkdir()
    with duckdb.connect(str(settings.releases / f"{RELEASE_ID}.duckdb")) as connection:
        connection.execute("""
            create schema ops;
            create table ops.alerts (rule varchar, priority varchar, title varchar, subject varchar,
                began_at timestamp, ended_at timestamp, is_ongoing boolean, detail varchar, remedy varchar);
            create table ops.releases as select 'r' as release_id, date '2026-10-18' as as_of
        """)
    settings.current_release.symlink_to(f"releases/{RELEASE_ID}.duckdb")
    return settings


def send_to(settings: Settings, inbox: Inbox, *priorities: str) -> None:
    lines = "".join(f"  {name}: ['json://reader:s3cret@127.0.0.1:{inbox.port}']\n" for name in priorities)
    (settings.home / "alerts.yml").write_text(f"send:\n{lines}", encoding="utf-8")


def alerts_are(settings: Settings, *rows: tuple[str, str, str, str, bool]) -> None:
    """The release has these alerts: priority, subject, begin and end (day and hour of October), whether it goes on."""
    with duckdb.connect(str(settings.releases / f"{RELEASE_ID}.duckdb")) as connection:
        connection.execute("delete from ops.alerts")
        for priority, subject, begin, end, is_ongoing in rows:
            connection.execute(
                "insert into ops.alerts values ('toy', ?, 'Toy', ?, ?, ?, ?, 'so bad', 'Mend it.')",
                [priority, subject, f"2026-10-{begin}:00", f"2026-10-{end}:00", is_ongoing],
            )


def send(settings: Settings) -> tuple[bool, list[str]]:
    said: list[str] = []
    return send_alerts(settings, said.append), said


def test_each_priority_is_one_message_with_what_to_do(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P0", "P2")
    alerts_are(
        settings,
        ("P0", "a", "18 10", "18 12", True),
        ("P2", "b", "17 10", "17 12", False),
        ("P2", "c", "18 10", "18 10", False),
        ("P3", "d", "18 10", "18 10", False),  # nobody is to be told
    )
    assert send(settings)[0]
    assert inbox.taken() == [
        (
            "[P0] 1 new as of 2026-10-18: Toy",
            "Respond within: 15 minutes\n- Toy: a, since 2026-10-18 10:00 UTC. so bad\n\nTo do:\n- Toy: Mend it.",
        ),
        (
            "[P2] 2 new as of 2026-10-18: Toy",
            "Respond within: 4 hours\n- Toy: c, at 2026-10-18 10:00 UTC. so bad\n"
            "- Toy: b, 2026-10-17 10:00 to 2026-10-17 12:00 UTC. so bad\n\nTo do:\n- Toy: Mend it.",
        ),
    ]


def test_an_alert_is_told_once_and_once_more_when_it_is_over(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P1")
    alerts_are(settings, ("P1", "a", "18 10", "18 12", True))
    send(settings)
    assert len(inbox.taken()) == 1
    alerts_are(settings, ("P1", "a", "18 08", "18 13", True))  # late data moved both ends
    send(settings)
    assert inbox.taken() == []
    alerts_are(settings, ("P1", "a", "18 08", "18 14", False), ("P1", "a", "18 20", "18 21", True))
    send(settings)
    ((title, body),) = inbox.taken()
    assert title == "[P1] 1 new as of 2026-10-18: Toy"
    assert "since 2026-10-18 20:00" in body
    assert body.endswith("Over:\n- Toy: a, 2026-10-18 08:00 to 2026-10-18 14:00 UTC. so bad")
    alerts_are(settings, ("P1", "a", "18 08", "18 14", False), ("P1", "a", "18 20", "18 22", False))
    send(settings)
    assert [title for title, _ in inbox.taken()] == ["[P1] 1 over as of 2026-10-18: Toy"]
    send(settings)
    assert inbox.taken() == []


def test_what_was_over_long_ago_is_no_news(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P1")
    alerts_are(settings, ("P1", "old", "11 10", "11 12", False), ("P1", "new", "12 10", "12 12", False))
    send(settings)
    ((_, body),) = inbox.taken()
    assert "new" in body and "old" not in body


def test_what_could_not_be_sent_is_sent_by_the_next_night_and_no_password_is_told(
    settings: Settings, inbox: Inbox
) -> None:
    send_to(settings, inbox, "P0", "P1")
    alerts_are(settings, ("P0", "a", "18 10", "18 12", True))
    inbox.is_open = False
    went_well, said = send(settings)
    assert not went_well
    assert said == ["warn: not sent to json:// which did not take it: [P0] 1 new as of 2026-10-18: Toy"]
    inbox.is_open = True
    assert send(settings) == (True, ["sent to json://: [P0] 1 new as of 2026-10-18: Toy"])
    assert len(inbox.taken()) == 1


def test_a_long_list_is_cut_and_says_so(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P3")
    alerts_are(settings, *(("P3", f"s{n}", "18 10", "18 10", False) for n in range(MOST_TOLD + 2)))
    send(settings)
    ((title, body),) = inbox.taken()
    assert title.startswith(f"[P3] {MOST_TOLD + 2} new")
    assert body.count("- Toy: s") == MOST_TOLD
    assert "\nand 2 more: `warehouse alerts`\n" in body


def test_what_was_told_names_nobody(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P0")
    alerts_are(settings, ("P0", "user u-000042", "18 10", "18 12", True))
    send(settings)
    assert "u-000042" not in (settings.work / "alerts.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [None, "", "rules: {data_loss: off}"])
def test_without_addresses_nothing_is_sent_or_remembered(settings: Settings, content: str | None) -> None:
    if content is not None:
        (settings.home / "alerts.yml").write_text(content, encoding="utf-8")
    alerts_are(settings, ("P0", "a", "18 10", "18 12", True))
    assert send(settings) == (True, [])
    assert not (settings.work / "alerts.json").exists()


def test_an_address_may_come_from_the_environment(
    settings: Settings, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.home / "alerts.yml").write_text("send: {P0: ['json://${HOST_OF_ALERTS}/a']}", encoding="utf-8")
    alerts_are(settings, ("P0", "a", "18 10", "18 12", True))
    monkeypatch.delenv("HOST_OF_ALERTS", raising=False)
    reason = "(the environment has no HOST_OF_ALERTS)"
    assert send(settings) == (False, [f"warn: not sent to an address {reason}: [P0] 1 new as of 2026-10-18: Toy"])
    monkeypatch.setenv("HOST_OF_ALERTS", f"127.0.0.1:{inbox.port}")
    assert send(settings)[0]
    assert len(inbox.taken()) == 1


def test_an_address_that_is_dead_makes_no_other_be_told_twice(settings: Settings, inbox: Inbox) -> None:
    urls = [f"json://127.0.0.1:{inbox.port}", "json://127.0.0.1:9"]  # nobody listens at the second
    (settings.home / "alerts.yml").write_text(f"send: {{P0: {urls}}}", encoding="utf-8")
    alerts_are(settings, ("P0", "a", "18 10", "18 12", True))
    assert [send(settings)[0] for _ in range(2)] == [False, False]
    assert len(inbox.taken()) == 1


def test_who_is_added_later_is_told_of_what_goes_on(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P0")
    alerts_are(settings, ("P0", "a", "18 10", "18 12", True), ("P1", "b", "18 10", "18 12", True))
    send(settings)
    inbox.taken()
    send_to(settings, inbox, "P0", "P1")
    send(settings)
    assert [title for title, _ in inbox.taken()] == ["[P1] 1 new as of 2026-10-18: Toy"]


def test_an_alert_that_is_found_no_more_is_over(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P1")
    alerts_are(settings, ("P1", "finance", "16 00", "18 23", True), ("P1", "b", "18 10", "18 10", True))
    send(settings)
    inbox.taken()
    alerts_are(settings)
    send(settings)
    assert inbox.taken() == [
        ("[P1] 1 over as of 2026-10-18: Toy", "Over:\n- Toy: finance, found no more"),
    ]


def test_an_alert_that_follows_right_after_another_is_a_new_one(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P1")
    alerts_are(settings, ("P1", "users", "17 00", "18 00", True))
    send(settings)
    inbox.taken()
    alerts_are(settings, ("P1", "users", "18 00", "18 23", True))
    send(settings)
    ((title, body),) = inbox.taken()
    assert title == "[P1] 1 new as of 2026-10-18: Toy"
    assert body.endswith("Over:\n- Toy: users, found no more")


@pytest.mark.parametrize("url", ["bogus", "jsn://127.0.0.1"])
def test_what_is_no_address_is_told_without_it(settings: Settings, url: str) -> None:
    (settings.home / "alerts.yml").write_text(f"send: {{P0: ['{url}']}}", encoding="utf-8")
    alerts_are(settings, ("P0", "a", "18 10", "18 12", True))
    message = "warn: not sent to an address that Apprise does not know: [P0] 1 new as of 2026-10-18: Toy"
    assert send(settings) == (False, [message])


def test_of_what_happened_at_a_moment_nobody_is_told_that_it_is_over(settings: Settings, inbox: Inbox) -> None:
    send_to(settings, inbox, "P2")
    for is_ongoing in (True, False):
        alerts_are(settings, ("P2", "a", "18 10", "18 10", is_ongoing))
        send(settings)
    assert [title for title, _ in inbox.taken()] == ["[P2] 1 new as of 2026-10-18: Toy"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("send: ['s3cret'", "expected a mapping with `rules`, `send` or both, found in line 1: "),
        ("['s3cret']", "expected a mapping with `rules`, `send` or both, found list"),
        ("sned: {P0: ['json://s3cret']}", "expected a mapping with `rules`, `send` or both, found sned"),
        ("send: ['s3cret']", "send: expected a mapping, found list"),
        ("send: {P9: []}", "send: P9 is no priority; known are P0, P1, P2, P3"),
        ("send: {P0: 'json://s3cret'}", "send: P0: expected a list of addresses, in brackets: [json://localhost:8080]"),
        ("rules: {none: off}", "rules: none is no alert rule; known are "),
    ],
)
def test_a_configuration_that_can_not_be_used_is_told(settings: Settings, content: str, message: str) -> None:
    (settings.home / "alerts.yml").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as told:
        read_configuration(settings)
    assert f"{settings.home / 'alerts.yml'}: {message}" in str(told.value)
    assert "s3cret" not in str(told.value)
