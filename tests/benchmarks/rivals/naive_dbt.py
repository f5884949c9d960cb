"""dbt-duckdb as it is begun with: every statement of the floor a `table` model, all of them rebuilt every night."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

import yaml

from dagster_project.settings import Settings
from tests.benchmarks.cost import Cost, cost_of_command
from tests.benchmarks.floor.floor import SCRIPTS, SEEDS, macros, read_scripts

DATABASE = "naive.duckdb"
STATEMENT = re.compile(r"create (?:temp )?(table|macro) ((?:\w+\.)?(\w+))(.*?);\n", re.DOTALL)
SCHEMA_MACRO = "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}"


def write_project(folder: Path, settings: Settings, as_of: date) -> None:
    """Write the project into an empty folder: a model for each table, the floor's macros before the run.

    A model waits for every earlier one whose name occurs in it.
    """
    (folder / "models").mkdir(parents=True)
    (folder / "macros").mkdir()
    before = [f"create or replace macro {name} as {body}" for name, body in macros(settings, as_of).items()]
    written: list[str] = []
    for kind, full_name, name, body in STATEMENT.findall("\n".join(read_scripts(SCRIPTS))):
        if kind == "macro":
            before.append(f"create or replace macro {full_name}{body}")
            continue
        needed = [f"-- depends_on: {{{{ ref('{other}') }}}}\n" for other in written if re.search(rf"\b{other}\b", body)]
        schema = full_name.split(".")[0] if "." in full_name else "main"
        config = f"{{{{ config(materialized='table', schema='{schema}') }}}}\n"
        (folder / "models" / f"{name}.sql").write_text("".join(needed) + config + body.removeprefix(" as"))
        written.append(name)
    (folder / "macros" / "schema.sql").write_text(SCHEMA_MACRO)
    _write_yaml(folder / "dbt_project.yml", {"name": "naive", "profile": "naive", "on-run-start": before})
    search = f"{settings.landing},{SEEDS}"
    output = {
        "type": "duckdb",
        "path": str(folder / DATABASE),
        "threads": 2,
        "settings": {"file_search_path": search},
    }
    _write_yaml(folder / "profiles.yml", {"naive": {"target": "naive", "outputs": {"naive": output}}})


def run(folder: Path) -> Cost:
    """`dbt run` of the project."""
    dbt = Path(sys.executable).with_name("dbt")
    return cost_of_command([str(dbt), "run", "--quiet", "--project-dir", str(folder), "--profiles-dir", str(folder)])


def _write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
