"""A release without rows, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.alerts.releases import write_empty_release


@pytest.fixture(scope="session")
def empty_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file, of which tests take a copy."""
    return write_empty_release(tmp_path_factory.mktemp("empty") / "release.duckdb")
