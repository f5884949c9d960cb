"""The command about alerts."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from dagster_project.cli.app import app, known_home
from dagster_project.exit_codes import HELD_BACK, PUBLISHED, UsageError
from dagster_project.settings import Settings


@app.command()
def alerts(
    ctx: typer.Context,
    days: Annotated[
        int, typer.Option(min=0, max=90, help="Those that ended in the last so many days too; 0: only ongoing ones.")
    ] = 7,
    try_sending: Annotated[
        bool, typer.Option("--try-sending", help="List nothing; send a message that says so to all of alerts.yml.")
    ] = False,
) -> None:
    """List the alerts of the current release by priority: what is wrong, since when, what to do.

    Rules tuned in alerts.yml apply from the next night on. Exit code 1 where an address took no trial.
    """
    from dagster_project.alerts.configuration import read_configuration

    settings = known_home(ctx)
    read_configuration(settings)
    if try_sending:
        _try_sending(settings)
        return
    from dagster_project.alerts.send import read_alerts
    from dagster_project.console.alerts import print_alerts
    from dagster_project.warehouse.release.history import read_as_of
    from dagster_project.warehouse.release.releases import ReleaseError, open_release

    try:
        with open_release(settings) as connection:
            as_of = read_as_of(connection)
            print_alerts(as_of, days, read_alerts(connection, as_of - timedelta(days=days - 1)))
    except ReleaseError as error:
        raise UsageError(str(error)) from error


def _try_sending(settings: Settings) -> None:
    """Exit code 1 where an address could not be reached."""
    from dagster_project.alerts.configuration import alerts_file, read_configuration
    from dagster_project.alerts.send import deliver

    send = read_configuration(settings).send
    if not any(send.values()):
        raise UsageError(f"{alerts_file(settings)} names nobody to send to: add `send: {{P0: [address]}}`")
    body = "This is a trial: nothing is wrong. Alerts of this priority will come here."
    went_well = [
        deliver(priority, url, f"[{priority}] trial of the warehouse's alerts", body, typer.echo)
        for priority, urls in send.items()
        for url in urls
    ]
    raise typer.Exit(PUBLISHED if all(went_well) else HELD_BACK)
