"""How rows become a picture: one drawing per file, each a description that turns a frame into a Vega-Lite chart."""

from dagster_project.dashboards.drawings.bars import Bars
from dagster_project.dashboards.drawings.bridge import Bridge
from dagster_project.dashboards.drawings.common import SMALL, Drawing, Picture, Series, Threshold
from dagster_project.dashboards.drawings.heatmap import Heatmap
from dagster_project.dashboards.drawings.lines import Bands, Lines
from dagster_project.dashboards.drawings.ranking import Ranking

__all__ = [
    "SMALL",
    "Bands",
    "Bars",
    "Bridge",
    "Drawing",
    "Heatmap",
    "Lines",
    "Picture",
    "Ranking",
    "Series",
    "Threshold",
]
