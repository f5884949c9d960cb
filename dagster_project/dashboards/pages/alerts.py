"""Operational: what is wrong by the rules, the most urgent first."""

from dagster_project.alerts.rules import PEOPLE, Priority
from dagster_project.dashboards.definitions import Chart, Listing, Section, Tile
from dagster_project.dashboards.drawings import Bars, Series
from dagster_project.dashboards.forms import COUNT
from dagster_project.dashboards.periods import Grain

# Every day up to the newest, so that one without alerts is a zero, and the first and last day of each alert; what is
# called `hour` becomes a day of the reporting time zone, see definitions.py.
_DAYS = """
            with days as (
                select cast(unnest(generate_series(as_of - 89, as_of, interval 1 day)) as date) as day
                from ops.domain_freshness where domain = 'ops'
            ),
            began as (
                select priority, cast(hour as date) as first_day, ended_at
                from (select priority, began_at as hour, ended_at from ops.alerts)
            ),
            ended as (
                select priority, first_day, greatest(first_day, cast(hour as date)) as last_day
                from (select priority, first_day, ended_at - interval 1 second as hour from began)
            )
            """


def _count(priority: str) -> str:
    return f"count(*) filter (where priority = '{priority}') as {priority.lower()}"


SECTION = Section(
    "Alerts",
    tiles=(
        Tile(
            "Urgent alerts",
            "What somebody is to look at within the hour: P0 and P1 that went on on the day.",
            "ops.alerts.priority",
            COUNT,
            Grain.day,
            f"""{_DAYS}
            select day as period, count(*) filter (where priority in ('P0', 'P1')) as value
            from days left join ended on day between first_day and last_day group by period order by period
            """,
            better="down",
            compare=7,
        ),
    ),
    cards=(
        Listing(
            "Ongoing alerts",
            "What is wrong now, and what to do about it.",
            ("ops.alerts.is_ongoing", "ops.alerts.remedy"),
            "most urgent first, times in UTC; people are named in ops.alerts alone",
            f"""
                select priority, title as alert, rule, count(*) as alerts,
                    strftime(min(began_at), '%Y-%m-%d %H:%M') as since,
                    min(subject) filter (where not regexp_matches(subject, '{PEOPLE}'))
                        as first_subject,
                    any_value(remedy) as to_do
                from ops.alerts where is_ongoing
                group by priority, title, rule order by priority, alerts desc, rule
                """,
            {"alerts": COUNT},
            span=12,
        ),
        Chart(
            "Alerts by priority",
            "Whether there are more of them, or more urgent ones.",
            ("ops.alerts.began_at", "ops.alerts.priority"),
            "alerts that began on a day",
            f"""{_DAYS}
            select day, {", ".join(_count(name) for name in Priority)}
            from days left join ended on day = first_day group by day order by day
            """,
            Bars(
                "day",
                Grain.day,
                COUNT,
                tuple(
                    Series(name.lower(), label, colour)
                    for name, label, colour in zip(
                        Priority,
                        ("P0, critical", "P1, high", "P2, medium", "P3, low"),
                        ("@c5", "@c3", "@c1", "@c2"),
                        strict=True,
                    )
                ),
            ),
            span=12,
        ),
    ),
)
