"""The operational dashboard: alerts, the newest state, performance, errors, activity, feeds."""

from dagster_project.dashboards.definitions import Filter, Page
from dagster_project.dashboards.pages import activity, alerts, errors, feeds, newest

PAGE = Page(
    "operational",
    "Operational",
    "What happened since yesterday, what is broken, what is late?",
    ((30, "30 days"), (7, "7 days"), (90, "90 days")),
    (Filter("platform", "Platform"), Filter("service", "Service"), Filter("method", "Payment method")),
    (alerts.SECTION, newest.SECTION, errors.SECTION, activity.SECTION, feeds.SECTION),
    headlines=(*alerts.SECTION.tiles, *newest.TILES[:3]),
)
