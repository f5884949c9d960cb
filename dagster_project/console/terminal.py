"""A terminal, or the file in its place: what all that is printed has in common."""

from __future__ import annotations

import re
import sys
from datetime import timedelta

from rich.console import Console
from rich.table import Table

# A file or a pipe has no width: nothing is cut there.
WIDTH_WITHOUT_TERMINAL = 1000
ROWS_ON_A_TERMINAL = 1000
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def console(*, stderr: bool = False) -> Console:
    """A console on the present standard output (or error), plain where that is no terminal."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=True)


def printable(text: str) -> str:
    """The text without control characters, which a terminal would obey."""
    return CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)


def table_of(*headings: str) -> Table:
    """A table without frame; a heading that begins with > is of a column of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading.removeprefix(">"), justify="right" if heading.startswith(">") else "left")
    return table


def print_pairs(pairs: dict[str, str]) -> None:
    width = max(map(len, pairs))
    for name, value in pairs.items():
        console().print(printable(f"  {name:<{width}}  {value}"))


def duration_of(duration: timedelta) -> str:
    hours, minutes = divmod(int(duration.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes} min" if hours else f"{minutes} min"
