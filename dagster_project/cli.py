"""The `warehouse` command and what it offers; how it ends is in exit_codes.py.

Heavy modules are imported inside the commands that need them, so that `warehouse status` answers at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.exit_codes import HELD_BACK, PUBLISHED, Commands, UsageError
from dagster_project.settings import Settings, load_settings

if TYPE_CHECKING:
    from dagster_project.console import Progress

# How a day is given on the command line.
DAY = ["%Y-%m-%d"]
# Enough months to compare, little enough that all of `make nightly` takes a minute.
SAMPLE_USERS, SAMPLE_DAYS, SAMPLE_SEED = 300, 90, 7


class Format(StrEnum):
    """How `warehouse query` writes rows."""

    table = "table"
    csv = "csv"
    json = "json"


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def options(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(envvar="WAREHOUSE_HOME", help="The root of all state, by default data/ of the checkout."),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", envvar="WAREHOUSE_DEBUG", help="Print tracebacks.")] = False,
) -> None:
    """The batch warehouse of the Shared Payment System: load, transform, check, publish.

    Exit codes: 0 published, 1 a domain was held back by a failing check, 2 wrong usage or configuration, 3 crashed.
    """
    os.umask(0o077)  # whatever a command writes is its owner's alone; what is published says otherwise itself
    ctx.obj = home


@app.command()
def nightly(
    ctx: typer.Context,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=DAY, metavar="DATE", help="Default: the newest delivery day in the landing zone."),
    ] = None,
) -> None:
    """Load every landed file not yet loaded, transform, check, publish. Safe to run again at any moment."""
    from dagster_project.warehouse.settled import reason_to_run

    settings = _made_home(ctx)

    def night(progress: Progress) -> None:
        day = as_of.date() if as_of else _newest_day(settings)
        if reason_to_run(settings, day) is None:
            progress("", f"nothing has changed since the last night as of {day}")
            return
        from dagster_project.defs.launch import run_night  # dagster and dbt take seconds to import

        run_night(settings, day, progress)

    raise typer.Exit(_run(settings, night))


@app.command()
def backfill(
    ctx: typer.Context,
    first: Annotated[datetime, typer.Option("--from", formats=DAY, metavar="DATE", help="First day to recompute.")],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, metavar="DATE", help="Last day to recompute.")],
) -> None:
    """Recompute those days in one run, say which published figures moved, publish as of the newest day known.

    A changed definition (a model's SQL, a setting) rolls itself out: the next run, of whatever kind, rebuilds all days.
    """
    from dagster_project.warehouse.build.changes import Days

    if last < first:
        raise UsageError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}")
    settings, days = _made_home(ctx), Days(first.date(), last.date())

    def run(progress: Progress) -> None:
        _newest_day(settings)
        from dagster_project.defs.launch import run_backfill

        run_backfill(settings, days, progress)

    raise typer.Exit(_run(settings, run))


@app.command()
def sample(
    ctx: typer.Context,
    users: Annotated[int, typer.Option(min=1, help="People who register.")] = SAMPLE_USERS,
    days: Annotated[int, typer.Option(min=1, help="Days of life.")] = SAMPLE_DAYS,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = SAMPLE_SEED,
    start: Annotated[
        datetime | None, typer.Option(formats=DAY, metavar="DATE", help="First day; default: a recent one.")
    ] = None,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where something was delivered.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write among other deliveries; files of the same name are replaced.")
    ] = False,
) -> None:
    """Write a deterministic simulated Shared Payment System into the landing zone, all feeds."""
    from dagster_project.simulator import simulate
    from dagster_project.warehouse.database import writer_lock
    from dagster_project.warehouse.status import newest_delivery_day

    settings = _made_home(ctx)
    with writer_lock(settings):
        newest = newest_delivery_day(settings)
        if newest and if_empty:
            return
        if newest and not force:
            raise UsageError(
                f"{settings.landing} holds deliveries up to {newest}, and a sample would mix with them: "
                "choose another home (WAREHOUSE_HOME=... warehouse sample), or say --force"
            )
        simulate(settings.landing, users, days, seed, start.date() if start else None)


@app.command()
def status(ctx: typer.Context) -> None:
    """Feeds (last delivery, rows, quarantined, lateness), the last release, what is held back and why."""
    from dagster_project.console import print_status
    from dagster_project.warehouse.status import read_status

    now = _utc_now()
    print_status(read_status(load_settings(ctx.obj), now), now)


@app.command()
def releases(ctx: typer.Context) -> None:
    """List the retained releases, newest first."""
    from dagster_project.console import print_releases
    from dagster_project.warehouse.release.releases import list_releases

    print_releases(list_releases(load_settings(ctx.obj)))


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
        chosen = roll_back(load_settings(ctx.obj), release, typer.echo, make_pages)
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
    from dagster_project.console import Progress, print_moved
    from dagster_project.dashboards.publish import make_pages
    from dagster_project.warehouse.release.approve import approve as approve_now
    from dagster_project.warehouse.release.approve import waiting
    from dagster_project.warehouse.release.releases import ReleaseError

    settings, progress = load_settings(ctx.obj), Progress()
    try:
        if dry_run:
            print_moved(waiting(settings, domain, lambda message: progress("approve", message)))
            return
        release = approve_now(settings, domain, lambda message: progress("approve", message), make_pages)
    except ReleaseError as error:
        raise UsageError(str(error)) from error
    raise typer.Exit(HELD_BACK if release.domains_held_back else PUBLISHED)


@app.command()
def erase(
    ctx: typer.Context,
    user: Annotated[str, typer.Option("--user", metavar="ID", help="The person's user_id.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, change nothing.")] = False,
) -> None:
    """Erase one person from everything that the home holds, for good, and print a receipt.

    Exit code 1 where something has to be removed by hand; the receipt names it.
    """
    from dagster_project.console import Progress, print_receipt
    from dagster_project.privacy.erase import UnknownPersonError
    from dagster_project.privacy.erase import erase as erase_person

    settings, progress = load_settings(ctx.obj), Progress()
    if not settings.work.is_dir() and not settings.landing.is_dir():
        raise UsageError(f"{settings.home} is no warehouse home: name one with WAREHOUSE_HOME or --home")
    if not user.strip():
        raise UsageError("--user: expected a user_id, found nothing")
    try:
        receipt = erase_person(settings, user, dry_run, lambda message: progress("erase", message))
    except UnknownPersonError as error:
        raise UsageError(str(error)) from error
    print_receipt(settings, receipt)
    raise typer.Exit(HELD_BACK if receipt.left else PUBLISHED)


@app.command()
def retain(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is past its limit, change nothing.")] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=DAY, metavar="DATE", help="Default: the newest delivery day in the landing zone."),
    ] = None,
) -> None:
    """Delete what is older than its class may be kept, as nights do where the setting apply_retention is on.

    Rows, raw texts in quarantine and landing files go at once, figures with the next night. A domain held back keeps
    all that it is made of.
    """
    from dagster_project.console import Progress, print_expired
    from dagster_project.privacy.expire import expire_rows
    from dagster_project.privacy.retention import find_expired, waiting
    from dagster_project.warehouse.build.project import project_manifest
    from dagster_project.warehouse.database import writer_lock

    settings, progress = load_settings(ctx.obj), Progress()
    if not dry_run and not settings.reporting.apply_retention:
        raise UsageError(
            "nothing is deleted by age unless this home says so: put `apply_retention: true` into "
            f"{settings.home / 'settings.yml'} (or set WAREHOUSE_RETENTION=on), after a look at --dry-run"
        )
    newest = _newest_day(settings)
    day = as_of.date() if as_of else newest
    if not settings.candidate.exists():
        raise UsageError(f"{settings.home} has loaded nothing yet: run `warehouse nightly` first")
    if day > max(newest, _utc_now().date()):
        raise UsageError(f"--as-of {day} is a day to come: as of it, what is young today would be too old")
    with writer_lock(settings, lambda message: progress("", message)):
        manifest = project_manifest(settings)
        if dry_run:
            print_expired(list(find_expired(settings, day, manifest)), day, waiting(settings, manifest))
        else:
            removed = expire_rows(settings, day, manifest, lambda message: progress("retain", message))
            print_expired(removed, day, {}, is_done=True)


@app.command()
def docs(ctx: typer.Context) -> None:
    """Write the metric catalogue and dbt's pages of tables, columns and lineage."""
    from dagster_project.catalogue.pages import write_docs
    from dagster_project.warehouse.build.project import TransformError

    try:
        write_docs(load_settings(ctx.obj), typer.echo)
    except TransformError as error:
        raise UsageError(str(error)) from error


@app.command()
def dashboards(
    ctx: typer.Context,
    serve: Annotated[bool, typer.Option("--serve", help="Serve the pages to browsers on this machine.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to serve on; 0 takes a free one.")] = 8765,
) -> None:
    """Make the pages of the current release anew, or serve them on 127.0.0.1; they open from disk too."""
    from dagster_project.dashboards.current import current_index, make_current, serve_current

    settings = load_settings(ctx.obj)
    if not serve or current_index(settings) is None:
        make_current(settings, typer.echo)
    if serve:
        serve_current(settings, port, typer.echo)
    else:
        typer.echo(f"dashboards  {current_index(settings)}")


@app.command("export-metrics")
def export_metrics(
    ctx: typer.Context,
    output: Annotated[typer.FileTextWrite, typer.Option(help="File to write; - is standard output.")] = "-",  # type: ignore[assignment]
    days: Annotated[int, typer.Option(min=1, help="How many days of figures, counted back from the newest.")] = 7,
) -> None:
    """Write published platform and business figures as OpenMetrics, for Prometheus and Grafana."""
    from dagster_project.grafana.openmetrics import write_metrics
    from dagster_project.warehouse.release.releases import ReleaseError, open_release

    try:
        with open_release(load_settings(ctx.obj)) as connection:
            write_metrics(connection, days, output)
    except ReleaseError as error:
        raise UsageError(str(error)) from error


@app.command()
def query(
    ctx: typer.Context,
    sql: Annotated[str, typer.Argument(metavar="SQL")],
    form: Annotated[Format, typer.Option("--format", help="How to write the rows.")] = Format.table,
    day: Annotated[
        datetime | None,
        typer.Option("--as-published", formats=DAY, metavar="DATE", help="The release current at that day's end."),
    ] = None,
) -> None:
    """Query the current release, or the one that was current at the end of a day, read-only."""
    import duckdb

    from dagster_project.console import print_rows
    from dagster_project.warehouse.release.as_published import as_published
    from dagster_project.warehouse.release.releases import ReleaseError, open_release

    settings = load_settings(ctx.obj)
    try:
        release_id = as_published(settings, day.date()) if day else None
        with open_release(settings, release_id) as connection:
            found = connection.execute(sql)
            names = [column[0] for column in found.description or []]
            print_rows(names, iter(found.fetchone, None), form)
    except (ReleaseError, duckdb.Error) as error:
        raise UsageError(str(error)) from error


def _run(settings: Settings, run: Callable[[Progress], None]) -> int:
    """Run the nightly job with the home locked, print its summary, return the exit code."""
    from dagster_project.console import Progress, print_summary
    from dagster_project.warehouse.database import writer_lock
    from dagster_project.warehouse.summary import summarise

    progress = Progress()
    progress("", f"home {settings.home}")
    with writer_lock(settings, lambda message: progress("", message)):
        started = _utc_now()
        run(progress)
        summary = summarise(settings, started)
    print_summary(settings, summary)
    return HELD_BACK if summary.held_back else PUBLISHED


def _made_home(ctx: typer.Context) -> Settings:
    """The settings of a home, which is made where it does not exist."""
    settings = load_settings(ctx.obj)
    try:
        settings.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{settings.home} can't hold the state of a warehouse: {error}") from error
    return settings


def _newest_day(settings: Settings) -> date:
    from dagster_project.warehouse.status import newest_delivery_day

    newest = newest_delivery_day(settings)
    if newest is None:
        raise UsageError(
            f"{settings.landing} holds no delivery: land files as <feed>/dt=YYYY-MM-DD/<name>.ndjson, "
            "or write a sample with `warehouse sample`"
        )
    return newest


def _utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def main() -> None:
    """The entry point of the `warehouse` command."""
    app(prog_name="warehouse")


if __name__ == "__main__":
    main()
