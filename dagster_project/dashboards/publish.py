"""Making the pages of a release, at arm's length: whatever happens to them, the release is published."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict

from dagster_project.settings import Settings
from dagster_project.warehouse.release.files import pages_path, release_path

# A build takes seconds; one that hangs is a failed one.
PATIENCE_SECONDS = 180


def make_pages(settings: Settings, release_id: str, report: Callable[[str], None] = print) -> bool:
    """Make the pages of a release in a process of their own, and say whether that went well.

    A process of its own, because it starts a JavaScript engine in a night that must not die of it. Where it fails, the
    folder has one page that says why.
    """
    request = {
        "home": str(settings.home),
        "reporting": asdict(settings.reporting),
        "release": str(release_path(settings, release_id)),
        "folder": str(pages_path(settings, release_id)),
    }
    command = [sys.executable, "-m", "dagster_project.dashboards.make"]
    try:
        made = subprocess.run(
            command, input=json.dumps(request), capture_output=True, text=True, timeout=PATIENCE_SECONDS
        )
        trouble = made.stderr.strip() or f"it ended with exit code {made.returncode}" if made.returncode else None
        for line in made.stdout.splitlines():
            report(line)
    except (OSError, subprocess.SubprocessError) as error:
        trouble = str(error)
    if trouble is None:
        return True
    from dagster_project.dashboards.failure import write_failure

    report(f"the dashboards of release {release_id} could not be made: {trouble.splitlines()[-1]}")
    write_failure(pages_path(settings, release_id), release_id, trouble)
    return False
