"""The `warehouse` command and what it offers; how it ends is in exit_codes.py.

Heavy modules are imported inside the commands that need them, so that `warehouse status` answers at once.
"""

# ruff: noqa: I001 - commands are listed in the order in which they are imported
from dagster_project.cli.app import app
from dagster_project.cli import nights, releases, alerts, deletions, pages

__all__ = ["alerts", "deletions", "main", "nights", "pages", "releases"]


def main() -> None:
    """The entry point of the `warehouse` command."""
    app(prog_name="warehouse")
