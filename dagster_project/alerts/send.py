"""Telling people of alerts: what is new since the last message, and what is over, one message for each priority.

What was told is kept in `work/alerts.json`, written after the messages went out: whoever is killed between tells twice.
Subjects that are people stand there as keyed hashes alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb

from dagster_project.alerts.configuration import expanded, read_configuration
from dagster_project.alerts.rules import PEOPLE, Priority
from dagster_project.settings import Settings, SettingsError
from dagster_project.warehouse.load.personal_data import personal_data_key
from dagster_project.warehouse.release.history import read_as_of
from dagster_project.warehouse.release.releases import open_release

# An alert that had been over for longer than this when it was first found is history, no news.
NEWS_DAYS = 7
# So many alerts of a priority are told; the others are in ops.alerts.
MOST_TOLD = 20


@dataclass(frozen=True)
class Alert:
    """What people are told of a row of ops.alerts."""

    rule: str
    priority: Priority
    title: str
    subject: str
    began_at: datetime
    ended_at: datetime
    is_ongoing: bool
    detail: str
    remedy: str

    @property
    def when(self) -> str:
        """In words, UTC."""
        began, ended = f"{self.began_at:%Y-%m-%d %H:%M}", f"{self.ended_at:%Y-%m-%d %H:%M}"
        if self.is_ongoing:
            return f"since {began}"
        return f"at {began}" if began == ended else f"{began} to {ended}"


@dataclass(frozen=True)
class Told:
    """An alert that an address was told of; keyed hashes of the address and of rule and subject, times of ISO 8601.

    `subject` is empty where it is somebody.
    """

    address: str
    mark: str
    title: str
    subject: str
    began_at: str
    ended_at: str
    is_ongoing: bool

    @property
    def is_to_end(self) -> bool:
        """Whether its end is news: what happened at a moment was over when it was told."""
        return self.is_ongoing and self.began_at < self.ended_at

    def is_of(self, other: Told) -> bool:
        """Whether it is the same alert, though late data may have moved its ends."""
        overlaps = self.began_at < other.ended_at and other.began_at < self.ended_at
        return self.mark == other.mark and (overlaps or self.began_at == other.began_at)


def read_alerts(connection: duckdb.DuckDBPyConnection, since: date | None = None) -> list[Alert]:
    """The alerts of an open release that go on or ended after a day began, most urgent first, newest first.

    None of a release of before there were any.
    """
    try:
        rows = connection.execute(
            "select rule, priority, title, subject, began_at, ended_at, is_ongoing, detail, remedy from ops.alerts "
            "where is_ongoing or ended_at > $since or $since is null "
            "order by priority, is_ongoing desc, began_at desc, rule, subject",
            {"since": since},
        ).fetchall()
    except duckdb.CatalogException:
        return []
    return [Alert(rule, Priority(priority), *rest) for rule, priority, *rest in rows]


def send_alerts(settings: Settings, report: Callable[[str], None] = print) -> bool:
    """Send what is new in the current release to whom `alerts.yml` names, and say whether that went well.

    The caller holds the writer lock. An address that could not be reached is told by the next night.
    """
    send = read_configuration(settings).send
    if not any(send.values()):
        return True
    with open_release(settings) as connection:
        alerts = read_alerts(connection)
        as_of = read_as_of(connection)
    key, before = personal_data_key(settings), _read_told(settings)
    after, went_well = [], True
    for priority in Priority:
        own = [alert for alert in alerts if alert.priority == priority]
        for url in send.get(priority, []):
            address = _hash(key, priority, url)
            known = [told for told in before if told.address == address]
            now = [_told(key, address, alert) for alert in own]
            message = _message(priority, own, now, known, as_of)
            is_told = message is None or deliver(priority, url, *message, report)
            after += now if is_told else known
            went_well = went_well and is_told
    _write_told(settings, after)
    return went_well


def deliver(priority: Priority, url: str, title: str, body: str, report: Callable[[str], None]) -> bool:
    """Send a message to an address, and say whether it took it.

    Of the address its kind alone is reported: there may be a password in it.
    """
    from apprise import Apprise, NotifyType  # a fifth of a second, and most homes send nothing

    kinds = {Priority.P0: NotifyType.FAILURE, Priority.P1: NotifyType.WARNING}
    target, why = Apprise(), ""
    try:
        kind, is_one, _ = (address := expanded(url)).partition("://")
        if not (is_one and target.add(address)):
            kind, why = "an address", "that Apprise does not know"
        elif not target.notify(title=title, body=body, notify_type=kinds.get(priority, NotifyType.INFO)):
            kind, why = f"{kind}://", "which did not take it"
        else:
            kind = f"{kind}://"
    except SettingsError as error:
        kind, why = "an address", f"({error})"
    report(f"warn: not sent to {kind} {why}: {title}" if why else f"sent to {kind}: {title}")
    return not why


def _message(
    priority: Priority, alerts: Sequence[Alert], now: Sequence[Told], known: Sequence[Told], as_of: date
) -> tuple[str, str] | None:
    """Title and text of what an address that knows `known` is to be told; `now` are its `alerts`. None of nothing."""
    earlier = [[one for one in known if one.is_of(told)] for told in now]
    news = [alert for alert, same in zip(alerts, earlier, strict=True) if not same and _is_news(alert, as_of)]
    over = [
        alert
        for alert, same in zip(alerts, earlier, strict=True)
        if not alert.is_ongoing and any(one.is_to_end for one in same)
    ]
    gone = [one for one in known if one.is_to_end and not any(one.is_of(told) for told in now)]
    parts = []
    if news:
        told = [f"- {_line(alert)}" for alert in news[:MOST_TOLD]]
        remedies = {alert.title: alert.remedy.strip() for alert in news[:MOST_TOLD]}
        parts.append("\n".join([f"Respond within: {priority.response_time}", *told, *_more(news)]))
        parts.append("\n".join(["To do:", *(f"- {title}: {remedy}" for title, remedy in remedies.items())]))
    if over or gone:
        ended = [f"- {_line(alert)}" for alert in over]
        ended += [f"- {one.title}{': ' * bool(one.subject)}{one.subject}, found no more" for one in gone]
        parts.append("\n".join(["Over:", *ended[:MOST_TOLD], *_more(ended)]))
    if not parts:
        return None
    ended_titles = [*(alert.title for alert in over), *(one.title for one in gone)]
    titles = ", ".join(dict.fromkeys([alert.title for alert in news] or ended_titles))
    count = f"{len(news)} new" if news else f"{len(ended_titles)} over"
    return f"[{priority}] {count} as of {as_of}: {titles}", "\n\n".join(parts)


def _is_news(alert: Alert, as_of: date) -> bool:
    return alert.is_ongoing or alert.ended_at > datetime.combine(as_of - timedelta(days=NEWS_DAYS - 1), time())


def _told(key: bytes, address: str, alert: Alert) -> Told:
    mark = _hash(key, alert.rule, alert.subject)
    subject = "" if re.match(PEOPLE, alert.subject) else alert.subject
    began, ended = alert.began_at.isoformat(), alert.ended_at.isoformat()
    return Told(address, mark, alert.title, subject, began, ended, alert.is_ongoing)


def _hash(key: bytes, *parts: str) -> str:
    return hmac.new(key, "|".join(parts).encode(), hashlib.sha256).hexdigest()


def _line(alert: Alert) -> str:
    return f"{alert.title}: {alert.subject}, {alert.when} UTC. {alert.detail}"


def _more(alerts: Sequence[object]) -> list[str]:
    more = len(alerts) - MOST_TOLD
    return [f"and {more:,} more: `warehouse alerts`"] if more > 0 else []


def _file(settings: Settings) -> Path:
    return settings.work / "alerts.json"


def _read_told(settings: Settings) -> list[Told]:
    """What was told; nothing where the file is missing or was damaged."""
    try:
        return [Told(**one) for one in json.loads(_file(settings).read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def _write_told(settings: Settings, told: Iterable[Told]) -> None:
    draft = _file(settings).with_name(".alerts.json.tmp")
    draft.write_text(json.dumps([asdict(one) for one in told], indent=1), encoding="utf-8")
    os.replace(draft, _file(settings))
