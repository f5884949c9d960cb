"""Commands that delete: a person, and what is older than it may be kept."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from dagster_project.cli.app import app, day, known_home, newest_day, utc_now
from dagster_project.exit_codes import HELD_BACK, PUBLISHED, UsageError
from dagster_project.settings import load_settings


@app.command()
def erase(
    ctx: typer.Context,
    user: Annotated[str, typer.Option("--user", metavar="ID", help="The person's user_id.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, change nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Erase the id although no user_id column has it, from texts alone.")
    ] = False,
) -> None:
    """Erase one person from everything that the home holds, for good, and print a receipt.

    Exit code 1 where something has to be removed by hand; the receipt names it.
    """
    from dagster_project.console.deletions import print_receipt
    from dagster_project.console.nights import Progress
    from dagster_project.privacy.erase import UnknownPersonError
    from dagster_project.privacy.erase import erase as erase_person

    settings, progress = known_home(ctx), Progress()
    if not user.strip():
        raise UsageError("--user: expected a user_id, found nothing")
    try:
        receipt = erase_person(settings, user, dry_run, lambda message: progress("erase", message), force)
    except UnknownPersonError as error:
        raise UsageError(str(error)) from error
    print_receipt(settings, receipt)
    raise typer.Exit(HELD_BACK if receipt.left else PUBLISHED)


@app.command()
def retain(
    ctx: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is past its limit, change nothing.")] = False,
    as_of: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="Default: the newest delivery day in the landing zone."),
    ] = None,
) -> None:
    """Delete what is older than its class may be kept, as nights do where the setting apply_retention is on.

    Rows, raw texts in quarantine and landing files go at once, figures with the next night. A domain held back keeps
    all that it is made of.
    """
    from dagster_project.console.deletions import print_expired
    from dagster_project.console.nights import Progress
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
    newest = newest_day(settings)
    until = as_of or newest
    if not settings.candidate.exists():
        raise UsageError(f"{settings.home} has loaded nothing yet: run `warehouse nightly` first")
    if until > max(newest, utc_now().date()):
        raise UsageError(f"--as-of {until} is a day to come: as of it, what is young today would be too old")
    with writer_lock(settings, lambda message: progress("", message)):
        manifest = project_manifest(settings)
        if dry_run:
            print_expired(list(find_expired(settings, until, manifest)), until, waiting(settings, manifest))
        else:
            removed = expire_rows(settings, until, manifest, lambda message: progress("retain", message))
            print_expired(removed, until, {}, is_done=True)
