"""What the pages are defined to show: everything the strategy asks for, each with a definition behind it."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import re
from inspect import cleandoc
from pathlib import Path

import altair as alt
import pytest
import yaml
from altair.utils.schemapi import validate_jsonschema

from dagster_project.catalogue.coverage import FILE as COVERAGE
from dagster_project.dashboards.build import open_file
from dagster_project.dashboards.definitions import Chart, Tile, slug
from dagster_project.dashboards.packing import HOLDER
from dagster_project.dashboards.pages import PAGES
from dagster_project.dashboards.pages.frontend import VITALS
from dagster_project.dashboards.pages.health import TARGET
from dagster_project.settings import DBT_PROJECT

ITEMS = [item for page in PAGES for item in page.items()]
MARTS = DBT_PROJECT / "models" / "marts"
SEEDS = DBT_PROJECT / "seeds" / "platform"
LIMIT_BYTES = 200_000
VEGA_LITE = alt.LayerChart._rootschema


def wanted() -> list[tuple[str, str, str | None]]:
    """Every item of the monitoring strategy: its name, its column, and which rows of the table."""
    areas = yaml.safe_load(COVERAGE.read_text(encoding="utf-8"))
    return [
        (f"{area}: {item}", place["column"], place.get("rows"))
        for area, items in areas.items()
        for item, place in items.items()
    ]


def words(sql: str) -> set[str]:
    """The names in a query: tables with their schema, columns."""
    return set(re.findall(r"\w+(?:\.\w+)?", sql))


def published_columns() -> set[str]:
    """schema.table.column of every mart, as their ymls declare them."""
    return {
        f"{file.parent.name}.{model['name']}.{column['name']}"
        for file in MARTS.rglob("*.yml")
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", [])
        for column in model["columns"]
    }


@pytest.mark.parametrize(("column", "rows"), [place[1:] for place in wanted()], ids=[place[0] for place in wanted()])
def test_every_item_of_the_strategy_has_its_place_on_a_page(column: str, rows: str | None) -> None:
    table, _, name = column.rpartition(".")
    showing = [item.sql for item in ITEMS if column in item.metrics or {table, name} <= words(item.sql)]
    # Of some rows: either these alone are asked for, or all rows are shown by the column that tells them apart.
    for condition in rows.split(" and ") if rows else ():
        key, _, value = condition.partition(" = ")
        showing = [sql for sql in showing if value in sql or re.search(rf"select [^;]*\b{key}\b.* from", sql, re.S)]

    assert showing


def test_every_figure_is_defined_by_a_column_that_is_published() -> None:
    assert sorted({metric for item in ITEMS for metric in item.metrics} - published_columns()) == []


def test_every_query_asks_the_tables_that_its_definitions_are_of() -> None:
    for item in ITEMS:
        assert {metric.rpartition(".")[0] for metric in item.metrics} <= set(re.findall(r"\b\w+\.\w+\b", item.sql)), (
            item.title
        )


def test_lineage_knows_which_tables_the_pages_read() -> None:
    exposures = yaml.safe_load((MARTS / "exposures.yml").read_text(encoding="utf-8"))["exposures"]
    told = {
        ref.removeprefix("ref('").removesuffix("')")
        for exposure in exposures
        if exposure["name"] == "dashboards"
        for ref in exposure["depends_on"]
    }
    published = {column.rpartition(".")[0] for column in published_columns()}
    read = {table for item in ITEMS for table in re.findall(r"\b\w+\.\w+\b", item.sql) if table in published}

    assert told == {table.partition(".")[2] for table in read}


def test_titles_and_names_are_unique_on_a_page() -> None:
    for page in PAGES:
        for kind in (True, False):
            titles = [slug(item.title) for item in page.items() if isinstance(item, Tile) is kind]
            assert len(titles) == len(set(titles))
        assert {id(tile) for tile in page.headlines} <= {id(item) for item in page.items()}


def test_the_filters_of_a_chart_are_on_its_page_and_in_its_query() -> None:
    for page in PAGES:
        offered = {one.column for one in page.filters}
        for item in page.items():
            if isinstance(item, Chart):
                assert set(item.filters) <= offered
                assert all(re.search(rf"\b{name}\b", item.sql) for name in item.filters)


def test_thresholds_are_those_by_which_the_tables_judge() -> None:
    with (SEEDS / "web_vital_thresholds.csv").open(encoding="utf-8") as file:
        good = {row["metric"]: float(row["good_up_to"]) for row in csv.DictReader(file)}
    with (SEEDS / "critical_paths.csv").open(encoding="utf-8") as file:
        targets = {float(row["target_success_rate"]) for row in csv.DictReader(file)}

    assert {metric: limit for metric, _, limit in VITALS if limit} == good
    assert {TARGET.value} == targets


def test_the_toy_release_has_the_columns_that_the_marts_publish(release: Path) -> None:
    with open_file(release) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name || '.' || column_name from duckdb_columns() "
            "where database_name = current_database()"
        ).fetchall()
    toy = {name for (name,) in rows}
    tables = {name.rpartition(".")[0] for name in toy}

    assert toy == {name for name in published_columns() if name.rpartition(".")[0] in tables}


def test_every_chart_is_valid_vega_lite(pages: Path) -> None:
    drawn = 0
    for page in PAGES:
        text = (pages / f"{page.name}.html").read_text(encoding="utf-8")
        for chart in json.loads(gzip.decompress(base64.b64decode(HOLDER.search(text)[2]))).values():
            validate_jsonschema({**chart["spec"], "data": {"name": "rows"}}, alt.LayerChart._schema, VEGA_LITE)
            drawn += 1

    assert drawn == sum(isinstance(item, Chart) for item in ITEMS)


def test_a_page_is_light(pages: Path) -> None:
    sizes = {page.name: (pages / f"{page.name}.html").stat().st_size for page in PAGES}

    assert {name: size for name, size in sizes.items() if size > LIMIT_BYTES} == {}


def test_a_shown_query_is_the_one_that_was_asked(pages: Path) -> None:
    text = (pages / "executive.html").read_text(encoding="utf-8")

    assert "select month as period, closing_mrr as value from finance.mrr_monthly order by month" in text
    assert all(cleandoc(item.sql) == item.sql or "\n    " in item.sql for item in ITEMS)
