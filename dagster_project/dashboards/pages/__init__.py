"""The dashboards: a section per file, put together into three pages."""

from dagster_project.dashboards.pages import executive, operational, technical

PAGES = (executive.PAGE, operational.PAGE, technical.PAGE)
