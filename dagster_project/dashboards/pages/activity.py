"""Operational: what people do."""

from inspect import cleandoc

from dagster_project.dashboards.definitions import Chart, Section
from dagster_project.dashboards.drawings import Bars, Heatmap, Lines, Series
from dagster_project.dashboards.forms import COUNT, FRACTION, SECONDS
from dagster_project.dashboards.periods import Grain

_ENGAGEMENT = cleandoc(
    """
        select activity_date, platform, {figures} from product.engagement_daily
        where activity_date > (select max(activity_date) from product.engagement_daily) - 90
        order by platform, activity_date
        """
)

SECTION = Section(
    "User activity",
    cards=(
        Chart(
            "Who comes and who stays away",
            "Who was new, back from the day before, or back after a while; below the line, who did not return.",
            (
                "product.user_lifecycle_daily.new_users",
                "product.user_lifecycle_daily.returning_users",
                "product.user_lifecycle_daily.resurrected_users",
                "product.user_lifecycle_daily.dormant_users",
            ),
            "people a day",
            """
                select activity_date, returning_users, resurrected_users, new_users, dormant_users
                from product.user_lifecycle_daily
                where activity_date > (select max(activity_date) from product.user_lifecycle_daily) - 90
                order by activity_date
                """,
            Bars(
                "activity_date",
                Grain.day,
                COUNT,
                (
                    Series("returning_users", "Returning", "@c1"),
                    Series("resurrected_users", "Resurrected", "@c8"),
                    Series("new_users", "New", "@c2"),
                    Series("dormant_users", "Dormant", "@c6", is_below=True),
                ),
            ),
        ),
        Chart(
            "Sessions",
            "How often people come, and whether they stay.",
            ("product.engagement_daily.sessions", "product.engagement_daily.engaged_sessions"),
            "sessions a day",
            _ENGAGEMENT.format(figures="engaged_sessions, sessions - engaged_sessions as bounced_sessions"),
            Bars(
                "activity_date",
                Grain.day,
                COUNT,
                (Series("engaged_sessions", "Engaged", "@c1"), Series("bounced_sessions", "Bounced", "@c6")),
            ),
            filters=("platform",),
        ),
        Chart(
            "Bounce and error rate",
            "Sessions that end at once, and those that meet an error.",
            ("product.engagement_daily.bounce_rate", "product.engagement_daily.error_rate"),
            "share of sessions, a day",
            _ENGAGEMENT.format(figures="bounce_rate, error_rate"),
            Lines(
                "activity_date",
                Grain.day,
                FRACTION,
                (Series("bounce_rate", "Bounce", "@c6"), Series("error_rate", "Error", "@c5")),
            ),
            filters=("platform",),
        ),
        Chart(
            "Session duration",
            "How long people stay.",
            ("product.engagement_daily.avg_session_seconds", "product.engagement_daily.median_session_seconds"),
            "seconds a session",
            _ENGAGEMENT.format(figures="avg_session_seconds, median_session_seconds"),
            Lines(
                "activity_date",
                Grain.day,
                SECONDS,
                (Series("avg_session_seconds", "Average"), Series("median_session_seconds", "Median")),
            ),
            filters=("platform",),
        ),
        Chart(
            "Payment outcomes",
            "Whether paying works, by means of payment.",
            (
                "finance.payments_daily.succeeded",
                "finance.payments_daily.failed",
                "finance.payments_daily.pending",
            ),
            "attempts a day",
            """
                select payment_date, coalesce(method, 'all') as method, sum(succeeded) as succeeded,
                    sum(pending) as pending, sum(failed) as failed from finance.payments_daily
                where payment_date > (select max(payment_date) from finance.payments_daily) - 90
                group by grouping sets ((payment_date, method), (payment_date)) order by method, payment_date
                """,
            Bars(
                "payment_date",
                Grain.day,
                COUNT,
                (
                    Series("succeeded", "Succeeded", "@c2"),
                    Series("pending", "Pending", "@c6"),
                    Series("failed", "Failed", "@c5"),
                ),
            ),
            filters=("method",),
        ),
        Chart(
            "User flows",
            "The ways people take, in the last 28 days.",
            ("product.user_flows_daily.transitions",),
            "transitions from the page at the left to the page above",
            """
                with recent as (
                    select from_page, to_page, sum(transitions) as transitions from product.user_flows_daily
                    where activity_date > (select max(activity_date) from product.user_flows_daily) - 28
                    group by from_page, to_page order by transitions desc, from_page, to_page limit 40
                )
                select from_page, to_page, transitions from recent
                order by sum(transitions) over (partition by from_page) desc, from_page,
                    sum(transitions) over (partition by to_page) desc, to_page
                """,
            Heatmap(
                "to_page",
                "from_page",
                "transitions",
                COUNT,
                {"from_page": "From", "to_page": "To", "transitions": "Transitions"},
                written=True,
            ),
        ),
    ),
)
