"""Alerts on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dagster_project.alerts.rules import Priority
from dagster_project.alerts.send import Alert
from dagster_project.console.terminal import console, printable, table_of

# A detail that is longer, such as why a domain is held back, stands in ops.alerts.
WIDTH = 120


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}\N{HORIZONTAL ELLIPSIS}"


def print_alerts(as_of: date, days: int, alerts: Sequence[Alert]) -> None:
    """By priority, and what to do about those that go on."""
    out = console()
    ongoing = [alert for alert in alerts if alert.is_ongoing]
    ended = f", {len(alerts) - len(ongoing):,} over in the last {days:,} days" if days else ""
    out.print(f"as of {as_of}: {len(ongoing):,} ongoing{ended}", style="bold")
    for priority in Priority:
        own = [alert for alert in alerts if alert.priority == priority]
        if not own:
            continue
        out.print(f"\n{priority}, respond within: {priority.response_time}", style="bold")
        table = table_of("state", "alert", "subject", "when (UTC)", "detail")
        for alert in own:
            state = "ongoing" if alert.is_ongoing else "over"
            table.add_row(state, alert.title, printable(alert.subject), alert.when, _short(printable(alert.detail)))
        out.print(table)
        for title, remedy in {alert.title: alert.remedy for alert in own if alert.is_ongoing}.items():
            out.print(f"{title}: {remedy.strip()}")
