"""Grafana's JSON in git is what the code says, in Grafana's schema."""

from __future__ import annotations

import json

from grafana_foundation_sdk.models.dashboard import Dashboard

from dagster_project.grafana.dashboard import FILE, technical_dashboard
from dagster_project.grafana.panels import SECTIONS


def test_the_file_is_written_anew_when_a_panel_changes() -> None:
    assert FILE.read_text(encoding="utf-8") == technical_dashboard()


def test_the_file_is_read_by_the_types_of_grafana_with_every_panel() -> None:
    read = Dashboard.from_json(json.loads(FILE.read_text(encoding="utf-8")))

    titles = [panel.title for panel in read.panels or [] if panel.type_val != "row"]
    assert titles == [panel.title for panels in SECTIONS.values() for panel in panels]
