"""`python -m dagster_project.cli`."""

from dagster_project.cli import main

main()
