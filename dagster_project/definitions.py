"""What `dagster dev` and `dagster definitions validate` load: the warehouse of WAREHOUSE_HOME."""

from __future__ import annotations

import dagster as dg

from dagster_project.defs import warehouse_definitions
from dagster_project.settings import load_settings


@dg.definitions
def warehouse() -> dg.Definitions:
    """The definitions of the home that the environment names."""
    return warehouse_definitions(load_settings())
