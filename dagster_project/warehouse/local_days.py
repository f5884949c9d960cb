"""Days of the reporting time zone outside of dbt, whose macro for them is local_date."""


def local_day(timestamp: str, timezone: str) -> str:
    """SQL: the day of a time zone in which a UTC timestamp lies; an hour belongs to the day in which it begins."""
    if timezone == "UTC":
        return f"cast({timestamp} as date)"
    return f"cast(({timestamp} at time zone 'UTC') at time zone '{timezone}' as date)"
