"""dbt-duckdb as it is begun with: every statement of the floor a `table` model, all of them rebuilt every night."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import yaml
from duckdb import connect

from dagster_project.settings import Settings
from tests.benchmarks.cost import Cost, cost_of_command
from tests.benchmarks.floor.floor import SEEDS, macros
from tests.benchmarks.floor.statements import Statement, statements

DATABASE = "naive.duckdb"
SCHEMA_MACRO = "{% macro generate_schema_name(name, node) %}{{ name or target.schema }}{% endmacro %}"


def write_project(folder: Path, settings: Settings) -> None:
    """Write the project into an empty folder: a model for each table, the floor's macros before the run.

    A macro that reads tables is made after the last of them.
    """
    (folder / "models").mkdir(parents=True)
    (folder / "macros").mkdir()
    before = [f"create or replace macro {name} as {body}" for name, body in macros(settings).items()]
    model_of: dict[str, str] = {}  # by the name of a table, or of a macro that reads tables
    for statement in statements():
        needed = list(dict.fromkeys(model_of[name] for name in statement.needs if name in model_of))
        macro = f"create or replace macro {statement.full_name}{statement.body}"
        if statement.kind == "table":
            (folder / "models" / f"{statement.name}.sql").write_text(_model(statement, needed), encoding="utf-8")
            model_of[statement.name] = statement.name
        elif needed:
            with (folder / "models" / f"{needed[-1]}.sql").open("a", encoding="utf-8") as model:
                model.write(_depends_on(needed[:-1]) + _after(macro))
            model_of[statement.name] = needed[-1]
        else:
            before.append(macro)
    (folder / "macros" / "schema.sql").write_text(SCHEMA_MACRO, encoding="utf-8")
    flags = {"send_anonymous_usage_stats": False}
    _write_yaml(
        folder / "dbt_project.yml", {"name": "naive", "profile": "naive", "flags": flags, "on-run-start": before}
    )
    reading = {"file_search_path": f"{settings.landing},{SEEDS}"}
    duckdb = {"type": "duckdb", "path": str(folder / DATABASE), "threads": 2, "settings": reading}
    _write_yaml(folder / "profiles.yml", {"naive": {"target": "naive", "outputs": {"naive": duckdb}}})


def _model(table: Statement, needed: list[str]) -> str:
    config = f"{{{{ config(materialized='table', schema='{table.schema or 'main'}') }}}}"
    return f"{_depends_on(needed)}{config}\n{table.body.removeprefix(' as')}\n"


def _depends_on(models: list[str]) -> str:
    return "".join(f"-- depends_on: {{{{ ref('{other}') }}}}\n" for other in models)


def _after(statement: str) -> str:
    return f"{{% set macro %}}{statement}{{% endset %}}{{{{ config(post_hook=macro) }}}}\n"


def run(folder: Path, as_of: date) -> Cost:
    """`dbt run` of the project; the day is told beside it, as a changed project is parsed anew."""
    with connect(str(folder / DATABASE)) as connection:
        connection.execute(f"create or replace macro as_of() as date '{as_of}'")
    dbt = Path(sys.executable).with_name("dbt")
    return cost_of_command([str(dbt), "run", "--quiet", "--project-dir", str(folder), "--profiles-dir", str(folder)])


def _write_yaml(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
