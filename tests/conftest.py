"""Which tests share a process when several run them: those that share what took long to make."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which a run in one process does without
def pytest_xdist_make_scheduler(config: pytest.Config, log: object):
    """Tests of one file stay together; in a folder whose fixtures are made once per session, those of the folder.

    The many alike of a long run (storms/record.py) go to whichever process is free.
    """
    if config.getoption("storm", None):
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            folder = Path(file).parent
            return folder.as_posix() if _has_session_fixtures(folder) else file

    return Scheduling(config, log)


def _has_session_fixtures(folder: Path) -> bool:
    conftest = ROOT / folder / "conftest.py"
    return conftest.exists() and 'scope="session"' in conftest.read_text(encoding="utf-8")
