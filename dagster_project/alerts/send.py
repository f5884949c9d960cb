"""Telling people of alerts: what is new since the last message, and what is over, one message for each priority.

What was told is kept in `work/alerts.json`, written after the messages went out: whoever is killed between tells twice.
Subjects stand there as keyed hashes, for they may name a person.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.alerts.configuration import read_configuration
from dagster_project.alerts.rules import Priority
from dagster_project.settings import Settings
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
    """An alert that people were told of; `mark` is a keyed hash of rule and subject, times are of ISO 8601."""

    priority: str
    mark: str
    began_at: str
    ended_at: str
    is_ongoing: bool


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

    The caller holds the writer lock. Where an address could not be reached, the next night tells all of that priority.
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
        own = [(alert, _told(key, alert)) for alert in alerts if alert.priority == priority]
        news = [alert for alert, now in own if _is_news(alert, as_of) and not _earlier(now, before)]
        over = [
            alert for alert, now in own if not now.is_ongoing and any(one.is_ongoing for one in _earlier(now, before))
        ]
        if (news or over) and not deliver(send.get(priority, []), *_message(priority, news, over, as_of), report):
            went_well = False
            after += [told for told in before if told.priority == priority]
        else:
            after += [now for _, now in own]
    _write_told(settings, after)
    if not went_well:
        report("the next night tries again; `warehouse alerts --try-sending` tries at once")
    return went_well


def deliver(addresses: Sequence[str], title: str, body: str, report: Callable[[str], None]) -> bool:
    """Send one message to all addresses, and say whether all took it.

    Of an address its kind alone is reported: there may be a password in it.
    """
    if not addresses:
        return True
    from apprise import Apprise  # a fifth of a second, and most homes send nothing

    failed = []
    for address in addresses:
        target = Apprise()
        if not (target.add(address) and target.notify(title=title, body=body)):
            failed.append(f"{address.split(':', 1)[0]}://")
    if failed:
        report(f"warn: not sent to {', '.join(failed)}: {title}")
    else:
        report(f"sent: {title}")
    return not failed


def _is_news(alert: Alert, as_of: date) -> bool:
    return alert.is_ongoing or alert.ended_at.date() > as_of - timedelta(days=NEWS_DAYS)


def _told(key: bytes, alert: Alert) -> Told:
    mark = hmac.new(key, f"{alert.rule}|{alert.subject}".encode(), hashlib.sha256).hexdigest()
    return Told(alert.priority, mark, alert.began_at.isoformat(), alert.ended_at.isoformat(), alert.is_ongoing)


def _earlier(now: Told, before: Iterable[Told]) -> list[Told]:
    """What was told of the same alert, though late data may have moved its ends."""
    return [
        one for one in before if one.mark == now.mark and one.began_at <= now.ended_at and now.began_at <= one.ended_at
    ]


def _message(priority: Priority, news: Sequence[Alert], over: Sequence[Alert], as_of: date) -> tuple[str, str]:
    """Title and text."""
    titles = ", ".join(dict.fromkeys(alert.title for alert in news or over))
    count = f"{len(news)} new" if news else f"{len(over)} over"
    parts = []
    if news:
        told = [f"- {_line(alert)}\n  To do: {alert.remedy.strip()}" for alert in news[:MOST_TOLD]]
        parts.append("\n".join([f"Respond within: {priority.response_time}", *told, *_more(news)]))
    if over:
        parts.append("\n".join(["Over:", *(f"- {_line(alert)}" for alert in over[:MOST_TOLD]), *_more(over)]))
    return f"[{priority}] {count} as of {as_of}: {titles}", "\n\n".join(parts)


def _line(alert: Alert) -> str:
    return f"{alert.title}: {alert.subject}, {alert.when} UTC. {alert.detail}"


def _more(alerts: Sequence[Alert]) -> list[str]:
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
