"""Executive: users won, kept and active."""

from dagster_project.dashboards.definitions import Chart, Section, Tile
from dagster_project.dashboards.drawings import Bars, Heatmap, Lines, Ranking, Series
from dagster_project.dashboards.forms import COUNT, FRACTION
from dagster_project.dashboards.periods import Grain

TILES = (
    Tile(
        "Monthly active users",
        "How many people the product reaches.",
        "product.active_users_daily.mau",
        COUNT,
        Grain.day,
        """
            select activity_date as period, mau as value from product.active_users_daily
            where platform = 'all' order by period
            """,
        compare=30,
    ),
    Tile(
        "Registrations",
        "How many people were won in a month.",
        "product.registrations_daily.registrations",
        COUNT,
        Grain.month,
        """
            select date_trunc('month', registration_date) as period, sum(registrations) as value
            from product.registrations_daily group by period order by period
            """,
    ),
    Tile(
        "Retention after a month",
        "How many of those won in a month come back in the next.",
        "product.retention_monthly.retention_rate",
        FRACTION,
        Grain.month,
        """
            select cohort + interval 1 month as period, retention_rate as value
            from product.retention_monthly where period_number = 1 order by period
            """,
    ),
)

SECTION = Section(
    "Growth",
    cards=(
        Chart(
            "Active users",
            "Whether the product reaches more people, and how often they come.",
            (
                "product.active_users_daily.dau",
                "product.active_users_daily.wau",
                "product.active_users_daily.mau",
                "product.active_users_daily.stickiness",
            ),
            "people active on the day, in 7 days, in the month before",
            """
                select activity_date, platform, dau, wau, mau from product.active_users_daily
                where activity_date > (select max(activity_date) from product.active_users_daily) - 365
                order by platform, activity_date
                """,
            Lines(
                "activity_date",
                Grain.day,
                COUNT,
                (Series("mau", "Monthly"), Series("wau", "Weekly"), Series("dau", "Daily")),
            ),
            filters=("platform",),
        ),
        Chart(
            "Registrations by channel",
            "Which channels bring people.",
            ("product.registrations_daily.registrations",),
            "people registered in the month",
            """
                select date_trunc('month', registration_date) as month, acquisition_channel as channel,
                    sum(registrations) as value from product.registrations_daily
                where registration_date >= (select date_trunc('month', max(registration_date)) - interval 12 month
                    from product.registrations_daily)
                group by month, channel order by month, sum(value) over (partition by channel) desc, channel
                """,
            Bars("month", Grain.month, COUNT, by="channel"),
            filters=("channel",),
        ),
        Chart(
            "Retention by cohort",
            "Whether those who joined stay, and whether newer cohorts stay longer.",
            ("product.retention_monthly.retention_rate",),
            "percent of a month's new users active so many months later",
            """
                select strftime(cohort, '%b %Y') as cohort, cast(period_number as varchar) as months_later,
                    retention_rate, cohort_size, retained_users, is_complete from product.retention_monthly
                where cohort >= (select max(cohort) - interval 12 month from product.retention_monthly)
                    and period_number <= 12 order by retention_monthly.cohort, period_number
                """,
            Heatmap(
                "months_later",
                "cohort",
                "retention_rate",
                FRACTION,
                {
                    "cohort": "Cohort",
                    "months_later": "Months later",
                    "retention_rate": "Retained",
                    "cohort_size": "Cohort size",
                    "retained_users": "Retained users",
                },
                written=True,
                open_where="!datum.is_complete",
                beyond=1.0,
            ),
        ),
        Chart(
            "Feature adoption",
            "What people use of what there is.",
            ("product.feature_adoption_monthly.adoption_rate",),
            "share of the month's active users, last full month",
            """
                select feature, adoption_rate, users, repeat_users from product.feature_adoption_monthly
                where month = (
                    select max(month) from product.feature_adoption_monthly cross join ops.domain_freshness
                    where domain = 'product' and month + interval 1 month <= as_of + 1
                )
                order by adoption_rate desc, feature limit 10
                """,
            Ranking(
                "feature",
                "adoption_rate",
                FRACTION,
                {
                    "feature": "Feature",
                    "adoption_rate": "Adoption",
                    "users": "Users",
                    "repeat_users": "On 2 or more days",
                },
                {"users": COUNT, "repeat_users": COUNT},
            ),
        ),
        Chart(
            "Group participation",
            "Whether groups are alive.",
            ("product.group_participation_monthly.participation_rate",),
            "share of members who took part in the month",
            "select month, participation_rate from product.group_participation_monthly order by month",
            Lines("month", Grain.month, FRACTION, (Series("participation_rate", "Participation"),)),
        ),
        Chart(
            "Meter reading compliance",
            "Whether readings arrive in time to be billed.",
            ("product.meter_compliance_monthly.compliance_rate",),
            "share of due readings delivered on time",
            """
                select month, utility, compliance_rate as value from product.meter_compliance_monthly
                order by month, utility
                """,
            Lines("month", Grain.month, FRACTION, by="utility"),
        ),
    ),
)
