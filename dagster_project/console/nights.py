"""A night on the terminal: its progress and its summary."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from dagster_project.console.status import provisional_pairs
from dagster_project.console.terminal import console, print_pairs, printable
from dagster_project.settings import DEFAULT_HOME, Settings
from dagster_project.warehouse.summary import Figure, Summary


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
    print_pairs(
        {
            "rows in": f"{summary.rows_in:,} from {summary.files:,} files this night",
            "quarantined": f"{summary.quarantined:,}",
            **_no_deliveries(summary.problems),
            "checks": f"{summary.checks_passed:,} passed, {len(summary.failed):,} failed",
            "published": ", ".join(release.domains_published),
            **{f"held back: {domain}": reason for domain, reason in summary.held_back.items()},
            **provisional_pairs(summary.provisional),
            "alerts": ", ".join(f"{count:,} {name}" for name, count in summary.alerts.items()) or "none going on",
        }
    )
    if summary.figures:
        out.print("\nheadline figures", style="bold")
        print_pairs({_label(figure): _value(figure, settings) for figure in summary.figures})
    out.print("\nwhere to look next", style="bold")
    print_pairs(_next_steps(settings, summary.figures))


def _no_deliveries(problems: Sequence[str]) -> dict[str, str]:
    """The first thing that nothing was loaded of, such as a folder whose name is no feed's, and how many more."""
    if not problems:
        return {}
    more = f" and {len(problems) - 1:,} more, see `warehouse status`" if len(problems) > 1 else ""
    return {"no delivery": printable(problems[0]) + more}


def _next_steps(settings: Settings, figures: Sequence[Figure]) -> dict[str, str]:
    table = next((figure.kpi.table for figure in figures), "ops.feed_deliveries")
    # named even where WAREHOUSE_HOME is set: it may be so for this command alone
    home = "" if settings.home == DEFAULT_HOME else f"WAREHOUSE_HOME={shlex.quote(str(settings.home))} "
    command = home + _command()
    return {
        "ask the release": f'{command} query "select * from {table} limit 10"',
        "alerts": f"{command} alerts",
        "feeds and quarantine": f"{command} status",
        "the expectations": str(settings.work / "data_docs" / "index.html"),
        "lineage, checks, runs": f"{home}make dev",
        "Dagster's log": str(settings.work / "logs" / "nightly.log"),
    }


def _command() -> str:
    """How `warehouse` is called from here: by its path, where a shell would not find it."""
    own = Path(sys.executable).with_name("warehouse")
    if shutil.which("warehouse") or not own.exists():
        return "warehouse"
    return shlex.quote(str(own.relative_to(Path.cwd()) if own.is_relative_to(Path.cwd()) else own))


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
