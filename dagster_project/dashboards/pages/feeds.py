"""Operational: what was delivered, what was checked, what was published."""

from dagster_project.dashboards.definitions import Chart, Listing, Section
from dagster_project.dashboards.drawings import Bars, Heatmap, Series
from dagster_project.dashboards.drawings.heatmap import ALARM
from dagster_project.dashboards.forms import COUNT, FINE_FRACTION
from dagster_project.dashboards.pages.health import FRESHNESS
from dagster_project.dashboards.periods import Grain

SECTION = Section(
    "Feeds and freshness",
    cards=(
        Chart(
            "Deliveries",
            "Which feed is late, or delivered much less than usual.",
            ("ops.feed_deliveries.lines",),
            "lines of a day against the feed's median of four weeks; empty: nothing came",
            """
                with days as (
                    select feed, dt, cast(sum(lines) as double) as lines, sum(quarantined) as quarantined
                    from ops.feed_deliveries
                    where dt > (select max(dt) from ops.feed_deliveries) - 28 group by feed, dt
                )
                select dt, feed, lines / nullif(median(lines) over (partition by feed), 0) as share, lines, quarantined
                from days order by feed, dt
                """,
            Heatmap(
                "dt",
                "feed",
                "share",
                FINE_FRACTION,
                {
                    "feed": "Feed",
                    "dt": "Delivered",
                    "share": "Of the usual",
                    "lines": "Lines",
                    "quarantined": "Quarantined",
                },
                grain=Grain.day,
                ramp=ALARM,
                domain=(0, 0.6),
            ),
            span=7,
        ),
        Listing(
            "State of the feeds",
            "When each feed last came, on how many days it should have and did not, and how much could not be read.",
            ("ops.feed_deliveries.lines", "ops.feed_deliveries.quarantined", "ops.feed_health.status"),
            "last delivery; missing days, lines and quarantine of the last 7 days",
            """
                with recent as (
                    select feed, dt, lines, quarantined, dt > max(dt) over () - 7 as is_of_the_week
                    from ops.feed_deliveries
                ),
                missing as (
                    select feed, count(*) as days_missing from ops.feed_health
                    where status = 'missing' and dt > (select max(dt) from ops.feed_deliveries) - 7 group by feed
                )
                select feed, cast(max(dt) as varchar) as last_delivery,
                    coalesce(any_value(days_missing), 0) as days_missing,
                    sum(case when is_of_the_week then lines else 0 end) as lines,
                    sum(case when is_of_the_week then quarantined else 0 end) as quarantined
                from recent left join missing using (feed)
                group by feed order by days_missing desc, quarantined desc, feed
                """,
            {"days_missing": COUNT, "lines": COUNT, "quarantined": COUNT},
            span=5,
        ),
        Chart(
            "Quarantine",
            "Lines that broke their contract; they wait for a sound delivery.",
            ("ops.feed_deliveries.quarantined",),
            "lines a delivery day, the five feeds with most",
            """
                with days as (
                    select dt, feed, sum(quarantined) as quarantined from ops.feed_deliveries
                    where dt > (select max(dt) from ops.feed_deliveries) - 90 group by dt, feed
                ),
                worst as (
                    select feed, sum(quarantined) as total from days group by feed order by total desc, feed limit 5
                )
                select dt, feed, quarantined as value from days join worst using (feed) order by dt, total desc, feed
                """,
            Bars("dt", Grain.day, COUNT, by="feed"),
        ),
        Listing(
            "Failed checks",
            "What the gate found in the newest release; an error holds its domain back.",
            ("ops.quality_checks.passed",),
            "checks of the newest release that did not pass",
            """
                select check_name, domain, severity, coalesce(observed, '') as observed, coalesce(detail, '') as detail
                from ops.quality_checks
                where not passed and release_id = (select max(release_id) from ops.releases)
                order by severity, domain, check_name limit 20
                """,
            {},
        ),
        Listing(
            "Releases",
            "What was published when.",
            ("ops.releases.domains_published",),
            "the newest ten",
            """
                select release_id, cast(as_of as varchar) as as_of,
                    strftime(published_at, '%Y-%m-%d %H:%M UTC') as published,
                    coalesce(domains_held_back, '') as held_back
                from ops.releases order by release_id desc limit 10
                """,
            {},
        ),
        Chart(
            "Checks",
            "Whether the quality of the data gets better.",
            ("ops.quality_checks.passed",),
            "checks that failed, a release day",
            """
                select as_of, count(*) filter (where not passed and severity = 'error') as errors,
                    count(*) filter (where not passed and severity <> 'error') as warnings
                from ops.quality_checks
                join (select max(release_id) as release_id, as_of from ops.releases group by as_of) using (release_id)
                where as_of > (select max(as_of) from ops.releases) - 90
                group by as_of order by as_of
                """,
            Bars("as_of", Grain.day, COUNT, (Series("errors", "Errors", "@c5"), Series("warnings", "Warnings", "@c3"))),
        ),
        FRESHNESS,
    ),
)
