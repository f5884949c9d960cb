"""What a piece of work costs, measured in a process of its own: seconds, CPU, memory at its peak, bytes written."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.settings import PROJECT_ROOT, Settings

PUBLISHED, HELD_BACK = 0, 1


@dataclass(frozen=True)
class Cost:
    """`seconds` by the clock, `cpu` seconds of all processes, `peak_mb` of the largest one, `written_mb` to disk."""

    seconds: float
    cpu: float
    peak_mb: float
    written_mb: float


# Linux counts the memory of whoever starts a process as memory of that process, so that a small one does it.
_LAUNCHER = """
import json, os, sys
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(process, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000]))
"""


def cost_of_command(
    command: Sequence[str], env: dict[str, str] | None = None, good_ends: Collection[int] = (PUBLISHED,)
) -> Cost:
    """Run a command that prints nothing we need; raises CalledProcessError where it ends with another exit code."""
    started, written = time.perf_counter(), _written()
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    with tempfile.TemporaryFile() as said:
        result = subprocess.run(
            launcher, cwd=PROJECT_ROOT, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=said
        )
        returncode, cpu, peak_mb = json.loads(result.stdout)
        if returncode not in good_ends:
            said.seek(0)
            raise subprocess.CalledProcessError(returncode, command, stderr=said.read().decode())
    return Cost(time.perf_counter() - started, cpu, peak_mb, _written() - written)


def cost_of_night(home: Settings) -> Cost:
    """`warehouse nightly`, as a user starts it."""
    command = [sys.executable, "-m", "dagster_project.cli", "nightly"]
    return cost_of_command(command, {"WAREHOUSE_HOME": str(home.home)}, (PUBLISHED, HELD_BACK))


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    figures = ("seconds", "cpu", "peak_mb", "written_mb")
    return Cost(**{name: statistics.median(getattr(cost, name) for cost in costs) for name in figures})


def _written() -> float:
    """Megabytes that this process and its ended children sent to the disk; 0 where the system does not count them."""
    try:
        counters = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    except OSError:
        return 0.0
    return int(counters["write_bytes"]) / 1e6
