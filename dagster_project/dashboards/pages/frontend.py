"""Technical: how quick the pages are for people."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import SMALL, Heatmap, Lines, Series, Threshold
from dagster_project.dashboards.forms import FRACTION, MILLISECONDS, NUMBER
from dagster_project.dashboards.periods import Grain

# Metric, name, what is good at most (https://web.dev/articles/vitals; page load has no published limit).
VITALS = (
    ("FCP", "First contentful paint", 1800),
    ("LCP", "Largest contentful paint", 2500),
    ("INP", "Interaction to next paint", 200),
    ("FID", "First input delay", 100),
    ("CLS", "Cumulative layout shift", 0.1),
    ("TTI", "Time to interactive", 3800),
    ("TTFB", "Time to first byte", 800),
    ("page_load", "Page load", None),
)
_P75 = "platform.web_vitals_daily.p75"
_WEIGHTED = "sum(p75 * samples) / nullif(sum(samples), 0)"

TILE = Tile(
    "Largest contentful paint",
    "When people see what they came for: mean of the pages' 75th percentiles, weighted by samples.",
    _P75,
    MILLISECONDS,
    Grain.day,
    f"""
        select activity_date as period, {_WEIGHTED} as value
        from platform.web_vitals_daily where metric = 'LCP' group by period order by period
        """,
    better="down",
    compare=7,
)


def _vital(metric: str, name: str, good: float | None) -> Chart:
    unit = "no unit" if metric == "CLS" else "milliseconds"
    return Chart(
        name,
        "Whether it is good for three in four people.",
        (_P75,),
        f"{metric.replace('_', ' ')}, {unit}; 75th percentile, mean of pages weighted by samples",
        f"""
            select activity_date, coalesce(device, 'all') as device, {_WEIGHTED} as p75
            from platform.web_vitals_daily where metric = '{metric}'
                and activity_date > (select max(activity_date) from platform.web_vitals_daily) - 90
            group by grouping sets ((activity_date, device), (activity_date)) order by device, activity_date
            """,
        Lines(
            "activity_date",
            Grain.day,
            NUMBER if metric == "CLS" else MILLISECONDS,
            (Series("p75", "p75"),),
            thresholds=(Threshold(good, "good"),) if good else (),
            height=SMALL,
        ),
        filters=("device",),
        span=3,
    )


SECTION = Section(
    "Pages in the browser",
    cards=(
        *(_vital(*vital) for vital in VITALS),
        Chart(
            "Slow pages",
            "Which page to make quicker for whom.",
            ("platform.web_vitals_daily.rating",),
            "percent of the last 28 days on which the page's largest contentful paint was good",
            """
                select page, device, avg(case when rating = 'good' then 1.0 else 0.0 end) as good_days,
                    sum(samples) as samples from platform.web_vitals_daily
                where metric = 'LCP' and activity_date > (select max(activity_date) from platform.web_vitals_daily) - 28
                group by page, device order by sum(sum(samples)) over (partition by page) desc, page, device limit 30
                """,
            Heatmap(
                "device",
                "page",
                "good_days",
                FRACTION,
                {"page": "Page", "device": "Device", "good_days": "Good days", "samples": "Samples"},
                written=True,
                domain=(0, 1),
            ),
        ),
        Chart(
            "Ratings",
            "Which of the vitals need work.",
            ("platform.web_vitals_daily.rating",),
            "percent of the pages' days rated good in the last 28 days",
            """
                select metric, device, avg(case when rating = 'good' then 1.0 else 0.0 end) as good_days,
                    sum(samples) as samples from platform.web_vitals_daily
                where rating is not null
                    and activity_date > (select max(activity_date) from platform.web_vitals_daily) - 28
                group by metric, device order by metric, device
                """,
            Heatmap(
                "device",
                "metric",
                "good_days",
                FRACTION,
                {"metric": "Metric", "device": "Device", "good_days": "Good days", "samples": "Samples"},
                written=True,
                domain=(0, 1),
            ),
        ),
    ),
)
