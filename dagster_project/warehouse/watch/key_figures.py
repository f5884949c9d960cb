"""The daily figures that are watched for anomalies, each declared once; another one is one more entry here."""

from __future__ import annotations

from dataclasses import dataclass

from dagster_project.warehouse.local_days import local_day


@dataclass(frozen=True)
class KeyFigure:
    """One watched figure: `value` and `basis` are aggregates over the rows of a day of a published table.

    `day` is its column of days, or `hour`, of which the days are those of the reporting time zone.
    `kind` and `basis` are as in usual.py. A count or an amount of a day without rows is zero, a rate is none.
    """

    name: str
    table: str
    kind: str
    value: str
    basis: str = "null"
    day: str = "activity_date"
    rows: str = "true"

    @property
    def domain(self) -> str:
        return self.table.split(".")[0]

    def sql(self, timezone: str) -> str:
        """SQL: a row a day with (series, kind, day, value, basis)."""
        day = local_day(self.day, timezone) if self.day == "hour" else self.day
        return (
            f"select '{self.name}' as series, '{self.kind}' as kind, {day} as day, "
            f"cast({self.value} as double) as value, cast({self.basis} as bigint) as basis "
            f"from {self.table} where {self.rows} group by 3"
        )


_SETTLED = "sum(succeeded) + sum(failed)"

KEY_FIGURES = (
    KeyFigure("daily active users", "product.active_users_daily", "count", "sum(dau)", rows="platform = 'all'"),
    KeyFigure("registrations", "product.registrations_daily", "count", "sum(registrations)", day="registration_date"),
    KeyFigure("sessions", "product.engagement_daily", "count", "sum(sessions)", rows="platform = 'all'"),
    KeyFigure(
        "share of bounced sessions",
        "product.engagement_daily",
        "rate",
        "max(bounce_rate)",
        basis="sum(sessions)",
        rows="platform = 'all'",
    ),
    KeyFigure("payment attempts", "finance.payments_daily", "count", "sum(attempts)", day="payment_date"),
    KeyFigure(
        "payment volume", "finance.payments_daily", "amount", "sum(volume)", basis="sum(succeeded)", day="payment_date"
    ),
    KeyFigure(
        "success rate of payments",
        "finance.payments_daily",
        "rate",
        f"sum(succeeded) / nullif({_SETTLED}, 0)",
        basis=_SETTLED,
        day="payment_date",
    ),
    KeyFigure("API requests", "platform.api_performance_hourly", "count", "sum(requests)", day="hour"),
    KeyFigure(
        "server error rate of the API",
        "platform.api_performance_hourly",
        "rate",
        "sum(errors_5xx) / nullif(sum(requests), 0)",
        basis="sum(requests)",
        day="hour",
    ),
    KeyFigure("client errors", "platform.errors_daily", "count", "sum(occurrences)"),
    KeyFigure(
        "logged errors",
        "platform.logs_hourly",
        "count",
        "sum(if(lower(level) in ('error', 'critical', 'fatal'), lines, 0))",
        day="hour",
    ),
    KeyFigure(
        "failure rate of integrations",
        "platform.integrations_daily",
        "rate",
        "1 - sum(uptime * checks) / nullif(sum(checks), 0)",
        basis="sum(checks)",
    ),
    KeyFigure("login attempts", "security.authentication_daily", "count", "sum(attempts)"),
    KeyFigure("failed logins", "security.authentication_daily", "count", "sum(failures)"),
    KeyFigure("refused accesses", "security.authorization_failures_daily", "count", "sum(failures)"),
)
