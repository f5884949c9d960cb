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
STATEMENT = re.compile(r"create (?:temp )?(table|macro) ((?:\w+\.)?(\w+)(?:\([^)]*\))?)( as.*?);\n", re.DOTALL)
SCHEMA_MACRO = "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}"


def write_project(folder: Path, settings: Settings, as_of: date) -> None:
    """Write the project into an empty folder: a model for each table, the floor's macros before the run.

    A model waits for every earlier one whose name occurs in it, a macro that reads tables for the last of them.
    """
    (folder / "models").mkdir(parents=True)
    (folder / "macros").mkdir()
    before = [f"create or replace macro {name} as {body}" for name, body in macros(settings, as_of).items()]
    model_of: dict[str, str] = {}  # by the name of a table, or of a macro that reads tables
    for kind, full_name, name, body in STATEMENT.findall("\n".join(read_scripts(SCRIPTS))):
        needed = list(dict.fromkeys(model for other, model in model_of.items() if re.search(rf"\b{other}\b", body)))
        if kind == "table":
            (folder / "models" / f"{name}.sql").write_text(_model(full_name, body, needed), encoding="utf-8")
            model_of[name] = name
        elif body.startswith(" as table"):
            with (folder / "models" / f"{needed[-1]}.sql").open("a", encoding="utf-8") as model:
                model.write(_after(f"create or replace macro {full_name}{body}"))
            model_of[name] = needed[-1]
        else:
            before.append(f"create or replace macro {full_name}{body}")
    (folder / "macros" / "schema.sql").write_text(SCHEMA_MACRO, encoding="utf-8")
    flags = {"send_anonymous_usage_stats": False}
    _write_yaml(
        folder / "dbt_project.yml", {"name": "naive", "profile": "naive", "flags": flags, "on-run-start": before}
    )
    duckdb = {"type": "duckdb", "path": str(folder / DATABASE), "threads": 2, "settings": _reading(settings)}
    _write_yaml(folder / "profiles.yml", {"naive": {"target": "naive", "outputs": {"naive": duckdb}}})


def _model(full_name: str, body: str, needed: list[str]) -> str:
    schema = full_name.split(".")[0] if "." in full_name else "main"
    depends = "".join(f"-- depends_on: {{{{ ref('{other}') }}}}\n" for other in needed)
    return f"{depends}{{{{ config(materialized='table', schema='{schema}') }}}}\n{body.removeprefix(' as')}\n"


def _after(statement: str) -> str:
    return f"{{% set macro %}}{statement}{{% endset %}}{{{{ config(post_hook=macro) }}}}\n"


def _reading(settings: Settings) -> dict[str, str]:
    return {"file_search_path": f"{settings.landing},{SEEDS}"}


def run(folder: Path) -> Cost:
    """`dbt run` of the project."""
    dbt = Path(sys.executable).with_name("dbt")
    return cost_of_command([str(dbt), "run", "--quiet", "--project-dir", str(folder), "--profiles-dir", str(folder)])


def _write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
