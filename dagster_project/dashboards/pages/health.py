"""Executive: does the system do its work, and are the figures fresh."""

from dagster_project.dashboards.definitions import Chart, Listing, Section, Tile
from dagster_project.dashboards.drawings import Heatmap, Lines, Threshold
from dagster_project.dashboards.drawings.heatmap import ALARM
from dagster_project.dashboards.forms import FINE_FRACTION
from dagster_project.dashboards.periods import Grain

# What every critical path is to reach; `meets_target` of the table is judged by it.
TARGET = Threshold(0.99, "target")

SUCCESS = Tile(
    "Critical paths",
    "Paying, signing in, reading meters and running groups must work.",
    "platform.critical_paths_hourly.success_rate",
    FINE_FRACTION,
    Grain.day,
    """
        select cast(hour as date) as period, 1 - sum(failures) / nullif(sum(requests), 0) as value
        from platform.critical_paths_hourly group by period order by period
        """,
)

CRITICAL_PATHS = Chart(
    "Critical paths",
    "Whether what the business lives from works.",
    ("platform.critical_paths_hourly.success_rate", "platform.critical_paths_hourly.meets_target"),
    "share of requests that succeeded, a day",
    """
        select cast(hour as date) as day, critical_path, 1 - sum(failures) / nullif(sum(requests), 0) as value
        from platform.critical_paths_hourly
        where hour >= (select max(hour) - interval 90 day from platform.critical_paths_hourly)
        group by day, critical_path order by day, critical_path
        """,
    Lines("day", Grain.day, FINE_FRACTION, by="critical_path", zero=False, thresholds=(TARGET,)),
)

INTEGRATIONS = Chart(
    "Integrations",
    "Whether those we depend on answered.",
    ("platform.integrations_daily.uptime",),
    "share of checks that found it up, a day",
    """
        select activity_date, integration, uptime, downtime_minutes, incidents from platform.integrations_daily
        where activity_date > (select max(activity_date) from platform.integrations_daily) - 90
        order by integration, activity_date
        """,
    Heatmap(
        "activity_date",
        "integration",
        "uptime",
        FINE_FRACTION,
        {
            "integration": "Integration",
            "activity_date": "Day",
            "uptime": "Up",
            "downtime_minutes": "Minutes down",
            "incidents": "Incidents",
        },
        grain=Grain.day,
        ramp=ALARM,
        domain=(0.9, 1),
    ),
)

FRESHNESS = Listing(
    "Freshness of the figures",
    "How old each domain's figures are, and why.",
    ("ops.domain_freshness.as_of", "ops.domain_freshness.is_held_back"),
    "tables of each domain",
    """
        select domain, coalesce(cast(as_of as varchar), 'never published') as as_of,
            case when is_held_back then 'held back' else 'published' end as state, coalesce(reason, '') as reason
        from ops.domain_freshness order by is_held_back desc, domain
        """,
    {},
    span=12,
)

SECTION = Section("System health", cards=(CRITICAL_PATHS, INTEGRATIONS, FRESHNESS))
