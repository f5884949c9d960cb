"""The `warehouse` command itself, and what its commands share."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from dagster_project.exit_codes import Commands, UsageError
from dagster_project.settings import Settings, load_settings

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


def day(text: str) -> date:
    """A day as it is given on the command line."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"expected a day such as 2026-01-31, found {text!r}")


def known_home(ctx: typer.Context) -> Settings:
    """The settings of a home that is there; a misspelt one is not made."""
    settings = load_settings(ctx.obj)
    if not any(folder.is_dir() for folder in (settings.landing, settings.work, settings.published)):
        raise UsageError(f"{settings.home} is no warehouse home: name one with WAREHOUSE_HOME or --home")
    return settings


def seen_home(ctx: typer.Context) -> Settings:
    """The settings of a home that may be empty, but is a folder."""
    settings = load_settings(ctx.obj)
    if not settings.home.is_dir():
        raise UsageError(f"{settings.home} is no folder: name a home with WAREHOUSE_HOME or --home")
    return settings


def made_home(ctx: typer.Context) -> Settings:
    """The settings of a home, which is made where it does not exist."""
    settings = load_settings(ctx.obj)
    try:
        settings.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{settings.home} can't hold the state of a warehouse: {error}") from error
    return settings


def landed_home(ctx: typer.Context) -> Settings:
    """The settings of a home with a landing zone, made ready for work; a misspelt one is not made."""
    settings = load_settings(ctx.obj)
    if not settings.landing.is_dir():
        raise UsageError(_no_delivery(settings))
    return made_home(ctx)


def newest_day(settings: Settings) -> date:
    """The newest day of delivery. Raises UsageError, with what to do, where nothing has landed."""
    from dagster_project.warehouse.status import newest_delivery_day

    newest = newest_delivery_day(settings)
    if newest is None:
        raise UsageError(_no_delivery(settings))
    return newest


def _no_delivery(settings: Settings) -> str:
    return (
        f"{settings.landing} holds no delivery: land files as <feed>/dt=YYYY-MM-DD/<name>.ndjson, "
        "or write a sample with `warehouse sample`"
    )


def utc_now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
