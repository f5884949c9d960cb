"""Commands that run the nightly job, and the one that fills a landing zone for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from dagster_project.cli.app import app, day, landed_home, made_home, newest_day, utc_now
from dagster_project.exit_codes import HELD_BACK, PUBLISHED, UsageError
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.console.nights import Progress

# Enough months to compare, little enough that all of `make nightly` takes a minute.
SAMPLE_USERS, SAMPLE_DAYS, SAMPLE_SEED = 300, 90, 7


@app.command()
def nightly(
    ctx: typer.Context,
    as_of: Annotated[
        date | None,
        typer.Option(
            parser=day,
            metavar="DATE",
            help="The day up to which periods are over; it keeps nothing out that has landed. "
            "Default: the newest delivery day in the landing zone.",
        ),
    ] = None,
) -> None:
    """Load every landed file not yet loaded, transform, check, publish. Safe to run again at any moment."""
    from dagster_project.warehouse.settled import reason_to_run

    settings = landed_home(ctx)

    def night(progress: Progress) -> None:
        until = as_of or newest_day(settings)
        if as_of is None and (slip := _slip(settings, until)):
            progress("", slip)
        if reason_to_run(settings, until) is None:
            progress("", f"nothing has changed since the last night as of {until}")
            return
        from dagster_project.defs.launch import run_night  # dagster and dbt take seconds to import

        run_night(settings, until, progress)

    raise typer.Exit(_run(settings, night))


@app.command()
def backfill(
    ctx: typer.Context,
    first: Annotated[date, typer.Option("--from", parser=day, metavar="DATE", help="First day to recompute.")],
    last: Annotated[date, typer.Option("--to", parser=day, metavar="DATE", help="Last day to recompute.")],
) -> None:
    """Recompute those days in one run, say which published figures moved, publish as of the newest day known.

    A changed definition (a model's SQL, a setting) rolls itself out: the next run, of whatever kind, rebuilds all days.
    """
    from dagster_project.warehouse.build.changes import Days

    if last < first:
        raise UsageError(f"--from {first} is after --to {last}")
    settings, days = landed_home(ctx), Days(first, last)

    def run(progress: Progress) -> None:
        newest_day(settings)
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
        date | None, typer.Option(parser=day, metavar="DATE", help="First day; default: a recent one.")
    ] = None,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where something was delivered.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write among other deliveries; files of the same name are replaced.")
    ] = False,
) -> None:
    """Write a deterministic simulated Shared Payment System into the landing zone, all feeds."""
    from dagster_project.simulator import simulate
    from dagster_project.warehouse.database import writer_lock
    from dagster_project.warehouse.load.landing import DAYS_AHEAD, FIRST_DAY
    from dagster_project.warehouse.status import newest_delivery_day

    last = utc_now().date() + timedelta(days=DAYS_AHEAD)
    if start and (start < FIRST_DAY or days > (last - start).days + 1):
        raise UsageError(f"{days} days from {start} could not be loaded: deliveries are of {FIRST_DAY} to {last}")
    settings = made_home(ctx)
    with writer_lock(settings):
        newest = newest_delivery_day(settings)
        if newest and if_empty:
            return
        if newest and not force:
            raise UsageError(
                f"{settings.landing} holds deliveries up to {newest}, and a sample would mix with them: "
                "choose another home (WAREHOUSE_HOME=... warehouse sample), or say --force"
            )
        simulate(settings.landing, users, days, seed, start)


def _slip(settings: Settings, newest: date) -> str | None:
    """A warning where the newest delivery day is to come; tomorrow it may be already where the files come from."""
    ahead = (newest - utc_now().date()).days
    if ahead <= 1:
        return None
    remedy = f"if dt={newest} is a slip, remove that folder from {settings.landing} and run again"
    return f"warn: as of the newest delivery day, {newest}, which is {ahead} days to come: {remedy}"


def _run(settings: Settings, run: Callable[[Progress], None]) -> int:
    """Run the nightly job with the home locked, print its summary, return the exit code."""
    from dagster_project.alerts.configuration import read_configuration
    from dagster_project.console.nights import Progress, print_summary
    from dagster_project.warehouse.database import writer_lock
    from dagster_project.warehouse.summary import summarise

    read_configuration(settings)  # what can't be used is told before the work, not after it
    progress = Progress()
    progress("", f"home {settings.home}")
    with writer_lock(settings, lambda message: progress("", message)):
        started = utc_now()
        run(progress)
        summary = summarise(settings, started)
    print_summary(settings, summary)
    return HELD_BACK if summary.held_back else PUBLISHED
