"""The executive dashboard: business figures, growth, finance, outlook, system health."""

from dagster_project.dashboards.definitions import Filter, Page, Section
from dagster_project.dashboards.pages import growth, health, outlook, payments, revenue

PAGE = Page(
    "executive",
    "Executive",
    "Is the business growing, is it healthy, does the system carry it?",
    ((365, "12 months"), (182, "6 months"), (91, "3 months")),
    (Filter("platform", "Platform"), Filter("channel", "Channel"), Filter("month", "Waterfall month")),
    (
        Section("At a glance", tiles=(*revenue.TILES, *payments.TILES, *growth.TILES, health.SUCCESS)),
        growth.SECTION,
        revenue.SECTION,
        payments.SECTION,
        outlook.SECTION,
        health.SECTION,
    ),
    headlines=(revenue.TILES[0], payments.TILES[0], growth.TILES[0], health.SUCCESS),
)
