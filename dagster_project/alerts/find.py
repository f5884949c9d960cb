"""Finding alerts: every rule over the tables of one release.

A rule's observations of a subject are put in order of time; those in a row that are bad are one alert. So the alerts of
a release are a function of its tables alone: what comes late moves, adds or takes away alerts of the past too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import duckdb

from dagster_project.alerts.rules import Priority, Rule
from dagster_project.warehouse.fingerprint import quoted
from dagster_project.warehouse.release.history import ALERTS, COLUMNS, create_table
from dagster_project.warehouse.release.within import lacks_a_table, within

# How far back from a domain's as-of day alerts are looked for.
DAYS = 90

_EPISODES = """
with observed as (
    select cast(subject as varchar) as subject, began_at, ended_at, coalesce(is_bad, false) as is_bad,
        coalesce(badness, '-infinity'::double) as badness, coalesce(detail, '') as detail
    from ({sql})
),
ordered as (
    select *, lag(is_bad) over in_time as was_bad, lag(ended_at) over in_time as last_ended_at,
        lead(is_bad) over in_time is null as is_newest
    from observed
    window in_time as (partition by subject order by began_at, ended_at, is_bad, badness, detail)
),
numbered as (
    select *, sum(cast(coalesce(not was_bad, true) or began_at > last_ended_at + interval '{joins_hours} hours' as int))
        over (partition by subject order by began_at, ended_at, is_bad, badness, detail) as episode
    from ordered
    where is_bad
),
episodes as (
    select subject, min(began_at) as began_at, max(ended_at) as ended_at,
        bool_or(is_newest and ended_at >= day_ends($as_of - 1)) as is_ongoing,
        count(*) as observations, arg_max(detail, (badness, began_at, detail)) as detail
    from numbered
    group by subject, episode
    having count(*) >= {in_a_row}
)
insert into found_alerts
select $rule, $priority, $response_time, $title, subject,
    began_at, ended_at, is_ongoing, observations, detail, $remedy
from episodes
where is_ongoing or ended_at > $since
"""


def write_alerts(
    connection: duckdb.DuckDBPyConnection, release: str, rules: Iterable[Rule], zone: str, report: Callable[[str], None]
) -> None:
    """Make ops.alerts of an attached release that has all of its other tables."""
    find_alerts(connection, release, rules, zone, report)
    create_table(connection, release, ALERTS, COLUMNS[ALERTS])
    connection.execute(
        f"insert into {quoted(release)}.{ALERTS} from found_alerts order by priority, began_at, rule, subject"
    )


def same_alerts(connection: duckdb.DuckDBPyConnection, release: str, rules: Iterable[Rule], zone: str) -> bool:
    """Whether an attached release holds the alerts that the rules find in it now."""
    find_alerts(connection, release, rules, zone, lambda message: None)
    held = f"select {', '.join(COLUMNS[ALERTS])} from {quoted(release)}.{ALERTS}"
    try:
        differing = f"from (({held}) except from found_alerts) union all (from found_alerts except ({held})) limit 1"
        return not connection.execute(differing).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):  # a release of before there were these
        return False


def find_alerts(
    connection: duckdb.DuckDBPyConnection, release: str, rules: Iterable[Rule], zone: str, report: Callable[[str], None]
) -> None:
    """Put the alerts of an attached release into the temporary table `found_alerts`.

    Rules find nothing in a domain that was never published, or of which the release keeps tables of a former version
    that lack theirs. A rule that can't be evaluated otherwise is itself an alert.
    """
    columns = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS[ALERTS].items())
    connection.execute(f"create or replace temp table found_alerts ({columns})")
    with within(connection, release, zone) as as_of:
        for rule in rules:
            if rule.domain in as_of:
                _find(connection, rule, as_of[rule.domain], report)


def _find(connection: duckdb.DuckDBPyConnection, rule: Rule, as_of: date, report: Callable[[str], None]) -> None:
    known = {
        **rule.limits,
        "as_of": as_of,
        "since": as_of - timedelta(days=DAYS),
        "rule": rule.name,
        "priority": rule.priority.value,
        "response_time": rule.priority.response_time,
        "title": rule.title,
        "remedy": rule.remedy,
    }
    sql = _EPISODES.format(sql=rule.sql, joins_hours=rule.joins_hours, in_a_row=rule.limits.get("in_a_row", 1))
    try:
        connection.execute(sql, {name: known[name] for name in set(re.findall(r"\$(\w+)", sql))})
    except (duckdb.Error, KeyError) as error:
        if lacks_a_table(error):
            return
        report(f"alert rule {rule.name} could not be evaluated: {error}")
        connection.execute(
            "insert into found_alerts select $rule, $priority, $response_time, $title, 'the rule itself', "
            "day_ends($as_of), day_ends($as_of), true, 1, $detail, $remedy",
            {
                "rule": rule.name,
                "priority": Priority.P1.value,
                "response_time": Priority.P1.response_time,
                "title": "Alert rule without an answer",
                "as_of": as_of,
                "detail": f"could not be evaluated: {error}".splitlines()[0],
                "remedy": f"Mend dagster_project/alerts/rules/{rule.name}.yml, or rebuild the table that it reads.",
            },
        )
