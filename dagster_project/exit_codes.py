"""How a command ends: 0 published, 1 a domain was held back, 2 wrong usage or configuration, 3 crashed.

Every error becomes one message and its code here; the traceback of a crash goes to a file in the home.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from dagster_project.settings import SettingsError, load_settings
from dagster_project.warehouse.contract import ContractError

PUBLISHED, HELD_BACK, WRONG_USAGE, CRASHED = 0, 1, 2, 3


class UsageError(Exception):
    """What was asked for can't be done; the message says what to do instead."""


class Commands(TyperGroup):
    """The group of all commands; what they raise ends here."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.TyperException as error:  # an option that can't be used, a file that can't be opened
            error.exit_code = WRONG_USAGE
            raise
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:  # the reader of a pipe has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PUBLISHED) from None
        except KeyboardInterrupt:
            _complain("interrupted; the current release is untouched, run the command again to complete")
            raise typer.Exit(CRASHED) from None
        except Exception as error:
            raise typer.Exit(_explained(error, ctx.params)) from error


def _explained(error: Exception, options: dict[str, Any]) -> int:
    """Say what went wrong, and return the exit code."""
    if options.get("verbose"):
        traceback.print_exception(error)
    # Dagster wraps what a step raised
    own = next((e for e in _causes(error) if isinstance(e, (UsageError, SettingsError, ContractError))), None)
    if own:
        _complain(str(own))
        return WRONG_USAGE
    _complain(f"crashed: {type(error).__name__}: {error}")
    _complain("The current release is untouched. When the cause is gone, run the command again.")
    _complain(f"The traceback is in {_kept_traceback(error, options.get('home'))}")
    return CRASHED


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _kept_traceback(error: Exception, home: Path | None) -> str:
    """Append the traceback to the home's crash log; where that can't be written, print it."""
    file = load_settings(home).work / "logs" / "crashes.log"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "a", encoding="utf-8") as log:
            traceback.print_exception(error, file=log)
    except OSError:
        traceback.print_exception(error)
        return "the lines above"
    return str(file)


def _complain(message: str) -> None:
    typer.echo(message, err=True)
