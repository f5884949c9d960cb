"""Which tests share a process when several run them: those that share what took long to make."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file stay together; in a folder whose fixtures are made once per session, those of the folder."""
    for item in items:
        home = item.path.parent if _shares_fixtures(item.path.parent) else item.path
        item.add_marker(pytest.mark.xdist_group(home.relative_to(TESTS).as_posix()))


def _shares_fixtures(folder: Path) -> bool:
    conftest = folder / "conftest.py"
    return folder != TESTS and conftest.exists() and 'scope="session"' in conftest.read_text(encoding="utf-8")
