"""What decides the outcome of a night besides what was delivered: the code, the packages, the settings."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from dagster_project.settings import DBT_PROJECT, PROJECT_ROOT, Reporting

FOLDERS = (PROJECT_ROOT / "dagster_project", PROJECT_ROOT / "expectations", DBT_PROJECT)


def code_parts(reporting: Reporting) -> dict[str, str]:
    """Each part in a word that changes when it does."""
    return {
        "settings": repr(reporting),
        "code": states(file for folder in FOLDERS for file in folder.rglob("*") if "__pycache__" not in file.parts),
        "packages": digest([sys.version, *(p.name for path in sys.path for p in Path(path).glob("*.dist-info"))]),
    }


def code_stamp(reporting: Reporting) -> str:
    """All parts in one word."""
    return digest(f"{name} {state}" for name, state in code_parts(reporting).items())


def states(files: Iterable[Path]) -> str:
    """Changes with the name, content or place of any of the files; folders count by name alone."""
    return digest(f"{file} {_state(file)}" for file in files)


def digest(texts: Iterable[str]) -> str:
    """One word for texts in whatever order."""
    return sha256("\n".join(sorted(texts)).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _state(file: Path) -> str:
    try:
        found = file.stat()
    except FileNotFoundError:
        return "missing"
    return "folder" if file.is_dir() else f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"
