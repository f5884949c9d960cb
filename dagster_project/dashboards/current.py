"""The pages of the current release, for `warehouse dashboards`: made anew, found, served."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dagster_project.dashboards.failure import INDEX
from dagster_project.dashboards.publish import make_pages
from dagster_project.dashboards.serve import server
from dagster_project.exit_codes import UsageError
from dagster_project.settings import Settings
from dagster_project.warehouse.database import writer_lock
from dagster_project.warehouse.release import files as release_files


def current_index(settings: Settings) -> Path | None:
    """The page to begin with, or None where the current release has no pages."""
    index = release_files.current_pages(settings) / INDEX
    return index if index.exists() else None


def make_current(settings: Settings, report: Callable[[str], None]) -> None:
    """Make the pages of the current release, in place of those it had.

    Raises UsageError where nothing was published, RuntimeError where the pages could not be made.
    """
    with writer_lock(settings, report):
        current = release_files.current_id(settings)
        if current is None:
            raise UsageError(f"{settings.published}: nothing was published yet; run `warehouse nightly` first")
        is_made = make_pages(settings, current, report)
        release_files.point_to_pages(settings, current)
    if not is_made:
        raise RuntimeError(f"the pages could not be made; {release_files.current_pages(settings) / INDEX} says why")


def serve_current(settings: Settings, port: int, report: Callable[[str], None]) -> None:
    """Serve the pages until interrupted; a release published meanwhile shows at the next click."""
    try:
        serving = server(release_files.current_pages(settings), port)
    except OSError as error:
        raise UsageError(f"port {port} can't be served on: {error}; choose another with --port") from error
    with serving:
        report(f"dashboards at http://127.0.0.1:{serving.server_port}/ (Ctrl+C ends it)")
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            report("")
