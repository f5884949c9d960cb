"""Days of the reporting time zone outside of dbt, whose macro for them is local_date."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def local_day(timestamp: str, timezone: str) -> str:
    """SQL: the day of a time zone in which a UTC timestamp lies; an hour belongs to the day in which it begins."""
    if timezone == "UTC":
        return f"cast({timestamp} as date)"
    return f"cast(({timestamp} at time zone 'UTC') at time zone '{timezone}' as date)"


def last_whole_day(as_of: date, zone: str) -> date:
    """The newest day of the reporting time zone that is over when the as-of day ends in UTC.

    West of Greenwich the as-of day itself is not: compared with whole days it would seem low every night.
    """
    end = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) + timedelta(days=1)
    return end.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
