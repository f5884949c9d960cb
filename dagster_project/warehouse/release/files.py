"""Release files on disk: their names, the link to the current one, and the steps that survive a crash.

`published/releases/<id>.duckdb` are complete and immutable; `published/warehouse.duckdb` links to the current one.
`published/dashboards/<id>/` are the pages of a release, `published/dashboards/current` links to those of the current.
Whatever begins with a dot is unfinished work of a publish, removed by the next one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dagster_project.settings import Settings

# Owner and group may read what is published (let analysts into the group); nobody may write, others see nothing.
FOLDER_MODE, FILE_MODE = 0o750, 0o440


class ReleaseError(Exception):
    """A release can't be published or found; the message says what was expected, what was found, what to do."""


def release_path(settings: Settings, release_id: str) -> Path:
    """The file of a release."""
    return settings.releases / f"{release_id}.duckdb"


def pages_path(settings: Settings, release_id: str) -> Path:
    """The folder of the pages of a release, which may not exist."""
    return settings.dashboards / release_id


def current_pages(settings: Settings) -> Path:
    """The link under which readers find the pages of the current release."""
    return settings.dashboards / "current"


def retained_ids(settings: Settings) -> list[str]:
    """The ids of all complete releases, oldest first (ids sort by the order of publication)."""
    return sorted(path.stem for path in settings.releases.glob("*.duckdb") if not path.name.startswith("."))


def current_id(settings: Settings) -> str | None:
    """The id of the release that readers get, or None where there is none yet."""
    link = settings.current_release
    return Path(os.readlink(link)).stem if link.is_symlink() and link.exists() else None


def next_id(existing: Sequence[str], now: datetime) -> str:
    """An id that sorts after all existing: the UTC second, or the newest id counted on where the clock is behind it."""
    wanted = now.strftime("%Y%m%dT%H%M%SZ")
    newest = max(existing, default="")
    if wanted > newest:
        return wanted
    stem, _, count = newest.partition("-")
    return f"{stem}-{int(count or 0) + 1:04d}"


def draft_path(settings: Settings, release_id: str) -> Path:
    """Where a release is built, unseen by everyone."""
    return settings.releases / f".{release_id}.tmp"


def prepare(settings: Settings) -> None:
    """Make the folders and remove what killed publishes left; the caller holds the writer lock."""
    for folder in (settings.published, settings.releases, settings.dashboards):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(FOLDER_MODE)
    sweep(settings)
    current = current_id(settings)
    if current:
        point_to_pages(settings, current)


def sweep(settings: Settings) -> None:
    """Remove unfinished releases, pages and links; the caller holds the writer lock."""
    for leftover in (
        *settings.releases.glob(".*.tmp*"),
        *settings.published.glob(".*.link"),
        *settings.dashboards.glob(".*"),
    ):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def seal(settings: Settings, release_id: str) -> None:
    """Make a built draft a release: on disk for certain, read-only, under its name."""
    draft = draft_path(settings, release_id)
    _flush(draft)
    draft.chmod(FILE_MODE)
    os.replace(draft, release_path(settings, release_id))
    _flush(settings.releases)


def point_to(settings: Settings, release_id: str) -> None:
    """Make a release the current one in one rename, and its pages the current ones in the next.

    A crash between the two leaves pages that say of which release they are, until `prepare` of the next run.
    """
    _link(settings.current_release, Path(settings.releases.name) / f"{release_id}.duckdb")
    point_to_pages(settings, release_id)


def point_to_pages(settings: Settings, release_id: str) -> None:
    """Show readers the pages of a release; none rather than another's where it has none."""
    link = current_pages(settings)
    if pages_path(settings, release_id).exists():
        _link(link, Path(release_id))
    else:
        link.unlink(missing_ok=True)


def prune(settings: Settings) -> None:
    """Delete all but the newest `keep_releases`, and pages of releases that are gone; the current one always stays."""
    keep = {*retained_ids(settings)[-settings.reporting.keep_releases :], current_id(settings)}
    for release_id in retained_ids(settings):
        if release_id not in keep:
            release_path(settings, release_id).unlink()
    for pages in settings.dashboards.iterdir():
        if pages.name not in keep and not pages.is_symlink():
            shutil.rmtree(pages)


def _link(link: Path, target: Path) -> None:
    """Let a link point to a target in one rename; relative, so that the home may be moved."""
    if link.is_symlink() and link.readlink() == target:
        return
    draft = link.with_name(f".{link.name}.link")
    draft.symlink_to(target)
    os.replace(draft, link)
    _flush(link.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
