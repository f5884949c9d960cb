"""Technical: who signs in, who is refused, who reads what."""

from dagster_project.dashboards.definitions import Chart, Listing, Section, Tile
from dagster_project.dashboards.drawings import Bars, Heatmap, Ranking, Series
from dagster_project.dashboards.forms import COUNT, FINE_FRACTION, FRACTION
from dagster_project.dashboards.periods import Grain

TILES = (
    Tile(
        "Failed sign-ins",
        "Attacks and broken log-ins show here first.",
        "security.authentication_daily.failure_rate",
        FINE_FRACTION,
        Grain.day,
        "select activity_date as period, failure_rate as value from security.authentication_daily order by period",
        better="down",
        compare=7,
    ),
    Tile(
        "Guessing sources",
        "Addresses that tried many passwords on the day.",
        "security.authentication_daily.brute_force_sources",
        COUNT,
        Grain.day,
        """
            select activity_date as period, brute_force_sources as value from security.authentication_daily
            order by period
            """,
        better="down",
        compare=7,
    ),
)

SECTION = Section(
    "Security",
    cards=(
        Chart(
            "Sign-ins",
            "Whether someone guesses passwords.",
            ("security.authentication_daily.attempts", "security.authentication_daily.failures"),
            "attempts a day",
            """
                select activity_date, attempts - failures as succeeded, failures from security.authentication_daily
                where activity_date > (select max(activity_date) from security.authentication_daily) - 90
                order by activity_date
                """,
            Bars(
                "activity_date",
                Grain.day,
                COUNT,
                (Series("succeeded", "Succeeded", "@c2"), Series("failures", "Failed", "@c5")),
            ),
        ),
        Chart(
            "Refused access",
            "Who tries doors that are closed.",
            ("security.authorization_failures_daily.failures",),
            "refusals a day, by what was asked for",
            """
                with recent as (
                    select * from security.authorization_failures_daily
                    where activity_date > (select max(activity_date) from security.authorization_failures_daily) - 90
                ),
                most as (
                    select target, sum(failures) as total from recent
                    group by target order by total desc, target limit 7
                )
                select activity_date, coalesce(target, 'unknown') as target, failures as value
                from recent join most using (target) order by activity_date, total desc, target
                """,
            Bars("activity_date", Grain.day, COUNT, by="target"),
        ),
        Chart(
            "Access to data",
            "Whether someone reads more than their work needs.",
            ("security.data_access_daily.reads", "security.data_access_daily.pii_accesses"),
            "reads in the last 28 days",
            """
                with recent as (
                    select actor, object_type, sum(reads) as reads, sum(pii_accesses) as pii_accesses,
                        sum(exports) as exports
                    from security.data_access_daily
                    where activity_date > (select max(activity_date) from security.data_access_daily) - 28
                    group by actor, object_type
                ),
                busiest as (
                    select actor, sum(reads) as total from recent group by actor order by total desc, actor limit 10
                )
                select actor, object_type, reads, pii_accesses, exports from recent join busiest using (actor)
                order by total desc, actor, object_type
                """,
            Heatmap(
                "object_type",
                "actor",
                "reads",
                COUNT,
                {
                    "actor": "Actor",
                    "object_type": "Object",
                    "reads": "Reads",
                    "pii_accesses": "Personal data",
                    "exports": "Exports",
                },
                written=True,
            ),
        ),
        Chart(
            "Security events",
            "What happened that an auditor would ask for.",
            ("security.events_daily.events",),
            "events in the last 28 days; red: mostly failures",
            """
                select event_type, sum(events) as events,
                    sum(case when outcome = 'failure' then events else 0 end) / nullif(sum(events), 0) as failure_share
                from security.events_daily
                where activity_date > (select max(activity_date) from security.events_daily) - 28
                group by event_type order by events desc, event_type limit 12
                """,
            Ranking(
                "event_type",
                "events",
                COUNT,
                {"event_type": "Event", "events": "Events", "failure_share": "Failures"},
                {"failure_share": FRACTION},
                bad_where="datum.failure_share > 0.5",
            ),
        ),
        Chart(
            "Compliance violations",
            "Rules that were broken.",
            ("security.compliance_violations.violation_id",),
            "violations found on the day, by rule",
            """
                select cast(detected_at as date) as day, rule, count(*) as value from security.compliance_violations
                where detected_at > (select max(detected_at) - interval 90 day from security.compliance_violations)
                group by day, rule order by day, rule
                """,
            Bars("day", Grain.day, COUNT, by="rule"),
        ),
        Listing(
            "Newest violations",
            "What to look into.",
            ("security.compliance_violations.status",),
            "the newest ten; whom they concern, the table says",
            """
                select strftime(detected_at, '%Y-%m-%d %H:%M') as detected, rule, status
                from security.compliance_violations order by detected_at desc, violation_id limit 10
                """,
            {},
        ),
    ),
)
