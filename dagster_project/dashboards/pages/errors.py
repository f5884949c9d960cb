"""Operational: what breaks."""

from dagster_project.dashboards.definitions import Chart, Section
from dagster_project.dashboards.drawings import Bars, Heatmap, Ranking, Series
from dagster_project.dashboards.forms import COUNT
from dagster_project.dashboards.pages.health import CRITICAL_PATHS, INTEGRATIONS
from dagster_project.dashboards.periods import Grain

SECTION = Section(
    "System performance and errors",
    cards=(
        CRITICAL_PATHS,
        INTEGRATIONS,
        Chart(
            "Client errors",
            "Whether a release broke something.",
            ("platform.errors_daily.occurrences", "platform.errors_daily.is_new"),
            "errors a day; new ones were never seen before the day",
            """
                select activity_date, coalesce(platform, 'all') as platform,
                    sum(case when not is_new then occurrences else 0 end) as known,
                    sum(case when is_new then occurrences else 0 end) as new from platform.errors_daily
                where activity_date > (select max(activity_date) from platform.errors_daily) - 90
                group by grouping sets ((activity_date, platform), (activity_date)) order by platform, activity_date
                """,
            Bars("activity_date", Grain.day, COUNT, (Series("known", "Known", "@c6"), Series("new", "New", "@c5"))),
            filters=("platform",),
        ),
        Chart(
            "Most frequent client errors",
            "What to mend first.",
            ("platform.errors_daily.occurrences",),
            "errors in the last 7 days; red: first seen in them",
            """
                select fingerprint, sum(occurrences) as occurrences, sum(users) as user_days,
                    max(first_seen_at) >= (select max(activity_date) from platform.errors_daily) - 6 as is_recent
                from platform.errors_daily
                where activity_date > (select max(activity_date) from platform.errors_daily) - 7
                group by fingerprint order by occurrences desc, fingerprint limit 8
                """,
            Ranking(
                "fingerprint",
                "occurrences",
                COUNT,
                {"fingerprint": "Error", "occurrences": "Errors", "user_days": "Users, summed over days"},
                {"user_days": COUNT},
                bad_where="datum.is_recent == 1",
            ),
        ),
        Chart(
            "Error lines in logs",
            "Which service complains.",
            ("platform.logs_hourly.lines",),
            "log lines of level error and above, a day",
            """
                select cast(hour as date) as day, service, sum(lines) as value from platform.logs_hourly
                where lower(level) in ('error', 'critical', 'fatal')
                    and hour >= (select max(hour) - interval 90 day from platform.logs_hourly)
                group by day, service order by day, service
                """,
            Bars("day", Grain.day, COUNT, by="service"),
            filters=("service",),
        ),
        Chart(
            "Hours beyond a limit",
            "Which machine is too small.",
            ("platform.infrastructure_hourly.is_breach",),
            "hours a day in which a metric was beyond its limit",
            """
                with breaches as (
                    select cast(hour as date) as day, resource_id || ' ' || metric as resource,
                        count(distinct case when is_breach then hour end) as hours
                    from platform.infrastructure_hourly where threshold is not null
                        and hour >= (select max(hour) - interval 30 day from platform.infrastructure_hourly)
                    group by day, resource_id, metric
                ),
                worst as (
                    select resource, sum(hours) as total from breaches
                    group by resource order by total desc, resource limit 10
                )
                select day, resource, hours from breaches join worst using (resource) order by total desc, resource, day
                """,
            Heatmap(
                "day",
                "resource",
                "hours",
                COUNT,
                {"resource": "Resource and metric", "day": "Day", "hours": "Hours"},
                grain=Grain.day,
                ramp=("@alarm4", "@alarm3", "@alarm2", "@alarm1"),
                domain=(0, 6),
            ),
        ),
    ),
)
