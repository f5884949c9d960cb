"""The technical dashboard as Grafana's JSON: `python -m dagster_project.grafana.dashboard` writes it anew.

Built with Grafana's own types (grafana-foundation-sdk, a package for development), so that what is written is in its
schema; the JSON is in git and needs nothing but Grafana.
"""

from __future__ import annotations

from pathlib import Path

from grafana_foundation_sdk.builders import common, prometheus, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.common import GraphTresholdsStyleMode

from dagster_project.grafana.panels import SECTIONS, Panel

FILE = Path(__file__).parent / "technical.json"
DATA_SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")


def technical_dashboard() -> str:
    """The dashboard as JSON text."""
    built = (
        builders.Dashboard("Technical")
        .uid("warehouse-technical")
        .description("Machines, services and doors, as the warehouse published them.")
        .tags(["warehouse"])
        .timezone("utc")
        .time("now-30d", "now")
        .readonly()
        .with_variable(builders.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for title, panels in SECTIONS.items():
        built = built.with_row(builders.Row(title))
        for panel in panels:
            built = built.with_panel(_drawn(panel))
    return JSONEncoder(sort_keys=True, indent=2).encode(built.build()) + "\n"


def _drawn(panel: Panel) -> timeseries.Panel:
    query = prometheus.Dataquery().ref_id("A").datasource(DATA_SOURCE).expr(panel.query)
    drawn = (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.why)
        .datasource(DATA_SOURCE)
        .unit(panel.unit)
        .interval(panel.every)
        .span(8)
        .height(8)
        .with_target(query.legend_format(panel.legend).interval(panel.every).range())
    )
    if panel.limit is None:
        return drawn
    steps = [models.Threshold(value=None, color="transparent"), models.Threshold(value=panel.limit, color="red")]
    limits = builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
    style = common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.DASHED)
    return drawn.thresholds(limits).thresholds_style(style)


if __name__ == "__main__":
    FILE.write_text(technical_dashboard(), encoding="utf-8")
