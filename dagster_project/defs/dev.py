"""For `make dev`: makes the home's Dagster instance ready and prints its folder, which is DAGSTER_HOME."""

from dagster_project.defs.instance import fail_dead_runs, open_instance, prepared_dagster_home
from dagster_project.settings import load_settings

if __name__ == "__main__":
    settings = load_settings()
    with open_instance(settings) as instance:
        fail_dead_runs(instance)
    print(prepared_dagster_home(settings))
