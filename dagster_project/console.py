"""What the commands print: progress, tables and the summary of a night, on a terminal or into a file."""

from __future__ import annotations

import csv
import json
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from dagster_project.privacy.receipt import Receipt
from dagster_project.privacy.retention import Expired
from dagster_project.settings import Settings, load_settings
from dagster_project.warehouse.release.releases import Release
from dagster_project.warehouse.release.tolerance import Beyond
from dagster_project.warehouse.status import FeedStatus, HeldBack, Quarantined, Status
from dagster_project.warehouse.summary import Figure, Summary
from dagster_project.warehouse.watch.watched import FeedDay, Provisional

# A file or a pipe has no width: nothing is cut there.
WIDTH_WITHOUT_TERMINAL = 1000
ROWS_ON_A_TERMINAL = 1000
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
ON_TIME = {"when_it_happens": "when it happens"}
WORDS = {"unknown": "not enough history"}
# What to do about a delivery, by its status in ops.feed_health.
REMEDIES = {
    "missing": "deliver it and run `warehouse nightly`; until then what is made from it is provisional",
    "small": "compare with the source; deliver what lacks, or the whole file under the same name",
    "large": "compare with the source; a corrected file under the same name replaces what this one loaded",
    "late": "nothing to do; if it is so every day, change freshness in the feed's contract",
}
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console(*, stderr: bool = False) -> Console:
    """A console on the present standard output (or error), plain where that is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=True)


class Progress:
    """Prints what each step says under the step's name."""

    def __init__(self) -> None:
        self._console = console()
        self._step = ""

    def __call__(self, step: str, message: str) -> None:
        if step != self._step:
            self._step = step
            self._console.print(step, style="bold")
        self._console.print(printable(f"  {message}" if step else message))


def print_summary(settings: Settings, summary: Summary) -> None:
    """The end of a night."""
    out, release = console(), summary.release
    state = "published" if summary.is_new_release else "still current: nothing new to publish"
    out.print(f"\nrelease {release.release_id}, as of {release.as_of}: {state}", style="bold")
    _pairs(
        {
            "rows in": f"{summary.rows_in:,} from {summary.files:,} files this night",
            "quarantined": f"{summary.quarantined:,}",
            "checks": f"{summary.checks_passed:,} passed, {len(summary.failed):,} failed",
            "published": ", ".join(release.domains_published),
            **{f"held back: {domain}": reason for domain, reason in summary.held_back.items()},
            **_provisional(summary.provisional),
        }
    )
    if summary.figures:
        out.print("\nheadline figures", style="bold")
        _pairs({_label(figure): _value(figure, settings) for figure in summary.figures})
    out.print("\nwhere to look next", style="bold")
    _pairs(_next_steps(settings, summary))


def _next_steps(settings: Settings, summary: Summary) -> dict[str, str]:
    table = next((figure.kpi.table for figure in summary.figures), "ops.feed_deliveries")
    home = "" if settings.home == load_settings("").home else f"WAREHOUSE_HOME={shlex.quote(str(settings.home))} "
    return {
        "ask the release": f'{home}warehouse query "select * from {table} limit 10"',
        "feeds and quarantine": f"{home}warehouse status",
        "the expectations": str(settings.work / "data_docs" / "index.html"),
        "lineage, checks, runs": f"{home}make dev",
        "Dagster's log": str(settings.work / "logs" / "nightly.log"),
    }


def _label(figure: Figure) -> str:
    provisional = ", provisional" if figure.is_provisional else ""
    return f"{figure.kpi.label}, {figure.month:%Y-%m}" + ("" if figure.is_complete else " so far") + provisional


def _value(figure: Figure, settings: Settings) -> str:
    match figure.kpi.form:
        case "money":
            return f"{figure.value:,.2f} {settings.reporting.reporting_currency}"
        case "share":
            return f"{figure.value:.1%}"
        case _:
            return f"{figure.value:,}"


def print_status(status: Status, now: datetime) -> None:
    """Release, held-back domains, feeds, quarantine and what in the landing zone is no delivery."""
    out = console()
    if status.release is None:
        out.print("nothing was published yet: `warehouse nightly` makes the first release")
    else:
        release, age = status.release, _duration(now - status.release.published_at)
        out.print(f"release {release.release_id}, published {age} ago, as of {release.as_of}", style="bold")
    _print_held_back(status.held_back)
    _print_feeds(status.feeds, {day.feed: WORDS.get(day.status, day.status) for day in status.newest_days})
    _print_unexpected([day for day in status.newest_days if not day.is_sound])
    if status.provisional:
        out.print("\nprovisional", style="bold")
        _pairs(_provisional(status.provisional))
    _print_quarantine(status.quarantine)
    if status.problems:
        out.print("\nin the landing zone, but no delivery", style="bold")
        for problem in status.problems:
            out.print(f"  {problem.path}: {problem.problem}")


def _print_held_back(held_back: Sequence[HeldBack]) -> None:
    out = console()
    for domain in held_back:
        tables = f"as of {domain.as_of}, from release {domain.release_id}" if domain.as_of else "not published yet"
        out.print(f"\n{domain.domain} is held back; its tables are {tables}", style="bold red")
        out.print(printable(f"  {domain.reason}"))


def _print_feeds(feeds: Sequence[FeedStatus], newest: Mapping[str, str]) -> None:
    table = _table("feed", "domain", "last delivery", ">rows", ">quarantined", ">waiting files", "lateness", "newest")
    for feed in feeds:
        late = "never delivered" if feed.last_dt is None else ON_TIME.get(feed.schedule, "on time")
        table.add_row(
            feed.feed,
            feed.domain,
            str(feed.last_dt or ""),
            f"{feed.rows:,}",
            f"{feed.quarantined:,}",
            f"{feed.waiting_files:,}",
            f"late by {_duration(feed.late_by)}" if feed.late_by else late,
            newest.get(feed.feed, ""),
        )
    console().print()
    console().print(table)


def _print_unexpected(unexpected: Sequence[FeedDay]) -> None:
    """The newest deliveries that are not as expected, each with its remedy."""
    out = console()
    if unexpected:
        out.print("\nnot delivered as expected", style="bold")
    for day in unexpected:
        out.print(printable(f"  {day.feed}, {day.dt}: {day.status}: {day.detail}"))
        out.print(f"    {REMEDIES[day.status]}")


def _provisional(tables: Sequence[Provisional]) -> dict[str, str]:
    """By domain, from which day on how many of its tables are provisional, and which feeds lack deliveries."""
    told = {}
    for domain in dict.fromkeys(table.domain for table in tables):
        own = [table for table in tables if table.domain == domain]
        names = {table.table for table in own}
        feeds = ", ".join(sorted({table.feed for table in own}))
        what = "1 table" if len(names) == 1 else f"{len(names)} tables"
        first = min(table.from_date for table in own)
        told[f"provisional: {domain}"] = f"{what} from {first} on, for want of deliveries of {feeds}"
    return told


def _print_quarantine(quarantine: Sequence[Quarantined] | None) -> None:
    out = console()
    if quarantine is None:
        out.print("\na run is writing now; the reasons for quarantine can be read when it has ended")
    elif quarantine:
        out.print("\nin quarantine", style="bold")
        table = _table("feed", ">lines", "reason", "for example in")
        for row in quarantine:
            table.add_row(row.feed, f"{row.lines:,}", printable(row.reason), row.last_file)
        out.print(table)


def print_releases(releases: Sequence[Release]) -> None:
    """The retained releases, newest first."""
    if not releases:
        console().print("nothing was published yet: `warehouse nightly` makes the first release")
        return
    table = _table("", "release", "published at (UTC)", "as of", "published", "held back", "git revision")
    for release in releases:
        table.add_row(
            "current" if release.is_current else "",
            release.release_id,
            str(release.published_at),
            str(release.as_of),
            ", ".join(release.domains_published),
            ", ".join(release.domains_held_back),
            (release.git_revision or "")[:10],
        )
    console().print(table)


def print_moved(waiting: Sequence[Beyond]) -> None:
    """The figures that wait for an approval, the worst of each domain first."""
    out = console()
    for beyond in waiting:
        out.print(f"\n{beyond.domain}, {len(beyond.figures):,} beyond their tolerance", style="bold")
        for figure in beyond.figures[:ROWS_ON_A_TERMINAL]:
            out.print(printable(f"  {figure}"))
    out.print("\nnothing was changed", style="bold")


def print_receipt(settings: Settings, receipt: Receipt) -> None:
    """What an erasure removed where, or in a dry run would."""
    table = _table("place", "what", ">removed", ">redacted")
    for count in receipt.counts:
        table.add_row(count.place, count.what, f"{count.removed:,}", f"{count.redacted:,}")
    out = console()
    out.print()
    if receipt.counts:
        out.print(table)
    total = f"{receipt.removed:,} records and rows removed, {receipt.redacted:,} lost a value"
    out.print(f"would be: {total}; nothing was changed" if receipt.is_dry else total, style="bold")
    if not receipt.is_dry:
        out.print(f"the receipt is kept in {settings.receipts}, under the keyed hash {receipt.person[:12]}")
    for still in receipt.left:
        out.print(f"still there: {still}")


def print_expired(expired: Sequence[Expired], as_of: date, waits: Mapping[str, str], is_done: bool = False) -> None:
    """What is past the limit of its class, or was deleted; `waits` says of feeds why nothing of them may go yet."""
    out = console()
    if not expired:
        out.print(f"as of {as_of} nothing {'was' if is_done else 'is'} past its limit")
    else:
        table = _table("place", "what", "class", "kept from", ">deleted" if is_done else ">past it")
        for one in expired:
            table.add_row(one.place, one.what, one.retention, str(one.first_kept), f"{one.count:,}")
        out.print(table)
    for reason in sorted(set(waits.values())):
        names = ", ".join(name for name, why in waits.items() if why == reason)
        out.print(f"stay as they are: {names} ({reason})")
    if not is_done:
        out.print("nothing was changed", style="bold")


def print_rows(names: Sequence[str], rows: Iterable[Sequence[object]], form: str) -> None:
    """The rows of a query as `table` (its first ROWS_ON_A_TERMINAL), `csv` or `json` (an array of objects)."""
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_harmless(value) for value in row] for row in rows)
    elif form == "json":
        _print_json(names, rows)
    else:
        _print_table(names, rows)


def _harmless(value: object) -> object:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it (OWASP, CSV injection)."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_BEGINNINGS) else value


def printable(text: str) -> str:
    """The text without control characters, which a terminal would obey."""
    return CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)


def _print_json(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    before = "[\n"
    for row in rows:
        named = dict(zip(names, row, strict=True))
        sys.stdout.write(before + json.dumps(named, default=_json_value, ensure_ascii=False))
        before = ",\n"
    sys.stdout.write("\n]\n" if before != "[\n" else "[]\n")


def _json_value(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _print_table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = _table(*names)
    remaining = iter(rows)
    for count, row in enumerate(remaining, 1):
        table.add_row(*("" if value is None else printable(str(value)) for value in row))
        if count == ROWS_ON_A_TERMINAL:
            break
    console().print(table)
    if next(remaining, None) is not None:
        console().print(f"only the first {ROWS_ON_A_TERMINAL:,} rows; --format csv writes them all")


def _table(*headings: str) -> Table:
    """A table without frame; a heading that begins with > is of a column of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading.removeprefix(">"), justify="right" if heading.startswith(">") else "left")
    return table


def _pairs(pairs: dict[str, str]) -> None:
    width = max(map(len, pairs))
    for name, value in pairs.items():
        console().print(printable(f"  {name:<{width}}  {value}"))


def _duration(duration: timedelta) -> str:
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"
