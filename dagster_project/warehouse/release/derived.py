"""What a release says of its own tables, made when they are all there: forecasts, and alerts, which may read these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from dagster_project.alerts.configuration import read_configuration
from dagster_project.alerts.find import same_alerts, write_alerts
from dagster_project.alerts.rules import Rule
from dagster_project.forecasts.figures import Figure, read_figures
from dagster_project.forecasts.make import same_forecasts, write_forecasts
from dagster_project.settings import Settings


@dataclass(frozen=True)
class Derived:
    """The figures that are forecast, the rules of alerts, and the reporting time zone."""

    figures: list[Figure]
    rules: list[Rule]
    zone: str

    @classmethod
    def of(cls, settings: Settings) -> Derived:
        """Raises SettingsError where alerts.yml can't be used."""
        return cls(read_figures(), read_configuration(settings).rules, settings.reporting.reporting_timezone)

    def write(
        self, connection: duckdb.DuckDBPyConnection, release: str, before: str | None, report: Callable[[str], None]
    ) -> None:
        """Add them to an attached release; `before` is the one from which forecasts of the same are taken over."""
        write_forecasts(connection, release, before, self.figures, self.zone, report)
        write_alerts(connection, release, self.rules, self.zone, report)

    def are_held(self, connection: duckdb.DuckDBPyConnection, release: str) -> bool:
        """Whether an attached release holds what would be made of its tables now."""
        return same_forecasts(connection, release, self.figures, self.zone) and same_alerts(
            connection, release, self.rules, self.zone
        )
