"""`make dev`: Dagster's UI with its daemon on the home's own instance, on this machine only.

python -m dagster_project.defs.dev PORT
"""

import os
import sys
from pathlib import Path

from dagster_project.defs.instance import fail_dead_runs, open_instance, prepared_dagster_home
from dagster_project.settings import PROJECT_ROOT, load_settings


def main(port: str) -> None:
    """Make the instance ready, then become `dagster dev`; it does not return."""
    settings = load_settings()
    with open_instance(settings) as instance:
        fail_dead_runs(instance)
    dagster = str(Path(sys.executable).with_name("dagster"))
    homes = {"WAREHOUSE_HOME": str(settings.home), "DAGSTER_HOME": str(prepared_dagster_home(settings))}
    os.chdir(PROJECT_ROOT)  # pyproject.toml says what to load and what to call it
    os.execve(dagster, [dagster, "dev", "--host", "127.0.0.1", "--port", port], {**os.environ, **homes})


if __name__ == "__main__":
    main(*sys.argv[1:])
