"""The technical dashboard: infrastructure, application performance, security events, API metrics."""

from dagster_project.dashboards.definitions import Filter, Page, Section
from dagster_project.dashboards.pages import api, frontend, infrastructure, security

PAGE = Page(
    "technical",
    "Technical",
    "Are the machines, the services and the doors in order?",
    ((30, "30 days"), (7, "7 days"), (90, "90 days")),
    (Filter("service", "Service"), Filter("device", "Device")),
    (
        Section("At a glance", tiles=(*api.TILES, frontend.TILE, *infrastructure.TILES, *security.TILES)),
        api.SECTION,
        frontend.SECTION,
        infrastructure.SECTION,
        security.SECTION,
    ),
    headlines=(api.TILES[0], api.TILES[1], *infrastructure.TILES[:1], *security.TILES[:1]),
)
