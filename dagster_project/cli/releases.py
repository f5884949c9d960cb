"""Commands about what is published: how it stands, what it says, which release is current."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.cli.app import app, day, known_home, seen_home, utc_now
from dagster_project.exit_codes import HELD_BACK, PUBLISHED, UsageError
from dagster_project.settings import load_settings

if TYPE_CHECKING:
    import duckdb


class Format(StrEnum):
    """How `warehouse query` writes rows."""

    table = "table"
    csv = "csv"
    json = "json"


@app.command()
def status(ctx: typer.Context) -> None:
    """Feeds (last delivery, rows, quarantined, lateness), the last release, what is held back and why."""
    from dagster_project.console.status import print_status
    from dagster_project.warehouse.status import read_status

    now = utc_now()
    print_status(read_status(seen_home(ctx), now), now)


@app.command()
def releases(ctx: typer.Context) -> None:
    """List the retained releases, newest first."""
    from dagster_project.console.releases import print_releases
    from dagster_project.warehouse.release.releases import list_releases

    print_releases(list_releases(seen_home(ctx)))


@app.command()
def rollback(
    ctx: typer.Context,
    release: Annotated[str | None, typer.Argument(help="Default: the one before the current.")] = None,
) -> None:
    """Make an older release the current one, atomically. The next night publishes its own again."""
    from dagster_project.dashboards.publish import make_pages
    from dagster_project.warehouse.release.releases import ReleaseError
    from dagster_project.warehouse.release.releases import rollback as roll_back

    try:
        chosen = roll_back(known_home(ctx), release, typer.echo, make_pages)
    except ReleaseError as error:
        raise UsageError(str(error)) from error
    typer.echo(f"release {chosen.release_id} of {chosen.published_at} UTC, as of {chosen.as_of}, is current")


@app.command()
def approve(
    ctx: typer.Context,
    domain: Annotated[str | None, typer.Argument(help="Default: every domain that waits for an approval.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what moved, publish nothing.")] = False,
) -> None:
    """Publish a domain that is held back because figures of closed periods moved beyond their tolerance.

    Who approved it is written into ops.approvals. Exit code 1 where another domain is still held back.
    """
    from dagster_project.console.nights import Progress
    from dagster_project.console.releases import print_moved
    from dagster_project.dashboards.publish import make_pages
    from dagster_project.warehouse.release.approve import approve as approve_now
    from dagster_project.warehouse.release.approve import waiting
    from dagster_project.warehouse.release.releases import ReleaseError

    settings, progress = known_home(ctx), Progress()
    try:
        if dry_run:
            print_moved(waiting(settings, domain, lambda message: progress("approve", message)))
            return
        release = approve_now(settings, domain, lambda message: progress("approve", message), make_pages)
    except ReleaseError as error:
        raise UsageError(str(error)) from error
    raise typer.Exit(HELD_BACK if release.domains_held_back else PUBLISHED)


@app.command()
def query(
    ctx: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL")],
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.table,
    published_by: Annotated[
        date | None,
        typer.Option("--as-published", parser=day, metavar="DATE", help="The release current at that day's end."),
    ] = None,
) -> None:
    """Query the current release, or the one that was current at the end of a day, read-only."""
    import duckdb

    from dagster_project.console.rows import print_rows
    from dagster_project.warehouse.release.as_published import as_published
    from dagster_project.warehouse.release.releases import ReleaseError, open_release

    settings = load_settings(ctx.obj)
    try:
        release_id = as_published(settings, published_by) if published_by else None
        with open_release(settings, release_id) as connection:
            if len(duckdb.extract_statements(sql)) != 1:
                raise UsageError('expected one query, such as `warehouse query "select 1"`')
            try:
                found = connection.execute(sql)
            except duckdb.CatalogException as error:
                raise UsageError(f"{error}{_never_published(connection, sql)}") from error
            names = [column[0] for column in found.description or []]
            print_rows(names, iter(found.fetchone, None), form)
    except (ReleaseError, duckdb.Error) as error:
        raise UsageError(str(error)) from error


def _never_published(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Which domains the query names that the release has no tables of, in words."""
    rows = connection.execute("select domain from ops.domain_freshness where as_of is null").fetchall()
    named = ", ".join(domain for (domain,) in rows if f"{domain}." in sql)
    return f"\nnot published yet, as it was held back: {named}; `warehouse status` has the reasons" if named else ""
