"""Homes of real data, beside this checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance.homes import Warehouse

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "real"


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory):
    """A function that copies real homes into one, or skips where there are none."""

    def copy(*names: str) -> Warehouse:
        home = tmp_path_factory.mktemp(names[0]) / "home"
        for name in names:
            if not (REAL_DATA / name).is_dir():
                pytest.skip(f"the real data {name} is not beside this checkout")
            shutil.copytree(REAL_DATA / name, home, dirs_exist_ok=True)
            for folder in (home, *filter(Path.is_dir, home.rglob("*"))):  # the originals may be read-only
                folder.chmod(0o755)
        return Warehouse(home)

    return copy
