"""Releases and what waits to be one."""

from __future__ import annotations

from collections.abc import Sequence

from dagster_project.console.terminal import ROWS_ON_A_TERMINAL, console, printable, table_of
from dagster_project.warehouse.release.releases import Release
from dagster_project.warehouse.release.tolerance import Beyond


def print_releases(releases: Sequence[Release]) -> None:
    """The retained releases, newest first."""
    if not releases:
        console().print("nothing was published yet: `warehouse nightly` makes the first release")
        return
    table = table_of("", "release", "published at (UTC)", "as of", "published", "held back", "git revision")
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
