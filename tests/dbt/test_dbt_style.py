"""The rules that keep the SQL portable (design.md, decision 9), over the text of every model and test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dagster_project.settings import DBT_PROJECT

FILES = [
    file
    for folder in ("models", "tests", "macros")
    for file in sorted((DBT_PROJECT / folder).rglob("*.sql"))
    if file.name != "portable.sql"
]
MODELS = [file for file in FILES if "models" in file.parts]
STAGING = [file for file in MODELS if "staging" in file.parts]

FORBIDDEN = {
    "qualify": r"\bqualify\b",
    "group by all": r"\bgroup\s+by\s+all\b",
    "positional grouping or ordering": r"\b(group|order)\s+by\s+\d",
    "pivot": r"\b(un)?pivot\b",
    "star exclude, except or replace": r"\*\s*(exclude|except|replace)\b",
    "distinct on": r"\bdistinct\s+on\b",
    "cast by colons": r"::",
    "today": r"\bcurrent_(date|timestamp)\b|\bnow\s*\(|\bget_current_|\brun_started_at\b",
    "json": r"\bjson_(?!text\b)\w*|->>|->",
    "unnest": r"\bunnest\b|\blateral\b|\bexplode\b",
    "date arithmetic": r"\bdate_(trunc|diff|part|add|sub)\b|\bdatediff\b|\binterval\s*'|\bextract\s*\(|\bepoch\w*\s*\(",
    "percentile": r"\b(percentile|quantile|median)\w*\s*\((?!0\.\d+,|\[0\.)",
    "time zone": r"\bat\s+time\s+zone\b",
    "engine casts": r"\btry_cast\b",
    "integer division": r"(?<!:)//",
    "first and last": r"\b(arg_min|arg_max|min_by|max_by|first|any_value|list|string_agg)\s*\(",
    "filtered aggregate": r"\bfilter\s*\(",
}


def _sql(file: Path) -> str:
    """The file's SQL in lower case: no comments, no quoted identifiers of Jinja calls."""
    text = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
    return re.sub(r"--[^\n]*", "", text).lower()


@pytest.mark.parametrize("rule", FORBIDDEN)
def test_no_model_uses(rule):
    offenders = [(file.name, found.group()) for file in FILES if (found := re.search(FORBIDDEN[rule], _sql(file)))]

    assert offenders == []


def test_the_rules_find_what_they_forbid():
    bad = """select * exclude (x), a::int, d -> 'k', date_trunc('month', d), quantile_cont(x, 0.5), unnest(l), 7 // 2,
        sum(x) filter (where y), arg_max(a, b), d at time zone 'utc', try_cast(a as int), current_date
        from t qualify 1 group by all order by 1; pivot t on x; select distinct on (a) a"""

    assert [rule for rule, pattern in FORBIDDEN.items() if not re.search(pattern, bad)] == []


def test_every_sum_is_cast():
    loose = [file.name for file in FILES if re.search(r"(?<!cast\()(?<!coalesce\()\bsum\(", _sql(file))]

    assert loose == []


def test_every_window_is_ordered_with_nulls_last():
    windows = [(file.name, window) for file in FILES for window in re.findall(r"\bover\s*\(([^)]*)\)", _sql(file))]

    assert windows
    assert [entry for entry in windows if "order by" not in entry[1] or "nulls last" not in entry[1]] == []


def test_every_join_says_its_type():
    pattern = r"(?<!left )(?<!inner )(?<!cross )(?<!full )\bjoin\b"

    assert [file.name for file in FILES if re.search(pattern, re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", _sql(file)))] == []


def test_staging_has_one_model_per_feed_and_no_joins(feeds):
    assert {file.stem for file in STAGING} == {f"stg_{feed['domain']}__{name}" for name, feed in feeds.items()}
    assert [file.name for file in STAGING if re.search(r"\bjoin\b", _sql(file))] == []


def test_only_staging_touched_and_ops_read_sources():
    readers = {file for file in MODELS if "source(" in _sql(file)}

    assert [file.name for file in readers if not {"staging", "touched", "ops"} & set(file.parts)] == []


def test_singular_tests_say_when_they_fail():
    singular = [file for file in FILES if file.stem.startswith("assert_")]

    assert singular
    assert [file.name for file in singular if not file.read_text().startswith("-- Fails if ")] == []
