"""A folder of pages that appears, or takes the place of the one before, when all of it is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster_project.warehouse.release.files import FILE_MODE, FOLDER_MODE


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes the place of `folder` in the end; readable to whom a release is."""
    draft, former = (folder.with_name(f".{folder.name}.{kind}.tmp") for kind in ("new", "old"))
    for leftover in (draft, former):
        shutil.rmtree(leftover, ignore_errors=True)
    draft.mkdir(parents=True)
    yield draft
    for file in draft.iterdir():
        file.chmod(FILE_MODE)
    draft.chmod(FOLDER_MODE)
    if folder.exists():
        os.replace(folder, former)
    os.replace(draft, folder)
    shutil.rmtree(former, ignore_errors=True)
