"""Whether every feed was delivered as expected: on its days, in time, of its usual size, without conflicts.

All of it is read from the ledger (`load.deliveries`) and the contracts, so that the same deliveries give the same
answer whenever it is computed.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from dagster_project.warehouse.contract import Feed

FEED_HEALTH = "ops.feed_health"
# How many days up to the as-of day are told of.
SHOWN_DAYS = 90

# Of the outcomes of a delivery day, those that leave a dip in the tables that are made from them.
LACKING = ("missing", "small")
# Those that are told of for a week, however many days came since.
TOLD_FOR_A_WEEK = ("missing", "conflicting")
SOUND = ("ok", "unknown")

FEED_SIZES = """
    insert into series
    select 'rows of ' || feed, 'count', dt, sum(lines + coalesce(erased, 0)), null from load.deliveries
    where dt <= $as_of group by feed, dt
"""

# A day counts as reached once anything of it or of a later day was loaded, of whatever feed: who loads years of history
# at once is not late, who comes a night after the others is.
_HEALTH = """
insert into ops.feed_health
with ledger as (
    -- lines that an erasure took were delivered all the same
    select * replace (lines + coalesce(erased, 0) as lines) from load.deliveries where dt <= $as_of
),
reached as (
    select dt, min(min(loaded_at)) over (order by dt rows between current row and unbounded following) as reached_at
    from ledger group by dt
),
delivered as (
    select feed, dt, count(*) as files, sum(lines)::bigint as lines, min(loaded_at) as loaded_at,
        sum(conflicts)::bigint as conflicts, min(file) filter (where conflicts > 0) as example
    from ledger group by feed, dt
),
timed as (
    select feed, dt, files, lines, conflicts, example, greatest(
        date_diff('hour', reached_at, loaded_at), 0
    ) as behind_others, greatest(date_diff('hour', dt + interval 1 day, loaded_at), 0) as after_its_day
    from delivered inner join reached using (dt)
),
expected as (
    select feed, unnest(generate_series(first_dt, $as_of - days_allowed, interval 1 day))::date as dt
    from promised inner join (select feed, min(dt) as first_dt from ledger group by feed) as firsts using (feed)
    where schedule <> 'when_it_happens'
),
days as (
    select feed, dt from expected inner join promised using (feed) where schedule = 'daily' or isodow(dt) <= 5
    union
    select feed, dt from delivered
),
measured as (
    select days.feed, days.dt, coalesce(files, 0) as files, coalesce(lines, 0) as lines, conflicts, example,
        schedule, hours_allowed,
        least(behind_others, after_its_day) as lateness_hours,
        round(usual.expected, 1) as expected_lines, ceil(lowest_usual) as lowest_usual,
        floor(highest_usual) as highest_usual, is_unusual, comparable_days, compared_with
    from days
    inner join promised using (feed)
    left join timed using (feed, dt)
    left join usual on usual.series = 'rows of ' || feed and usual.day = dt
    where dt > $as_of - $shown_days
),
judged as (
    select *, case
        when files = 0 then 'missing'
        when is_unusual and lines < lowest_usual then 'small'
        when conflicts > 0 then 'conflicting'
        when is_unusual then 'large'
        when lateness_hours > hours_allowed then 'late'
        when is_unusual is null then 'unknown'
        else 'ok'
    end as status
    from measured
)
select feed, dt, files, lines, expected_lines, lowest_usual, highest_usual, lateness_hours, status, case status
    when 'missing' then if(schedule = 'daily', 'no file came; the feed is delivered every day',
        'no file came; the feed is delivered from Monday to Friday')
    when 'conflicting' then format(
        '{:,} of {:,} lines, as in {}, repeat a key with other content than the earliest delivery, which stands',
        conflicts, lines, example
    )
    when 'late' then format('came {} hours late; {} are allowed', lateness_hours, hours_allowed)
    when 'unknown' then 'not enough history to judge its size'
    else format(
        '{:,} lines; usual are {:,} to {:,} ({}, {} days)', lines, lowest_usual::bigint, highest_usual::bigint,
        compared_with, comparable_days
    )
end || if(
    status = 'small' and conflicts > 0, format('; {:,} of them repeat a key with other content', conflicts), ''
) as detail
from judged
"""


def write_feed_health(connection: duckdb.DuckDBPyConnection, feeds: Collection[Feed], as_of: date) -> None:
    """Fill ops.feed_health from the ledger; `usual` (see usual.py) has what FEED_SIZES gave as series."""
    connection.register("promised", _promised(feeds))
    connection.execute("delete from ops.feed_health")
    connection.execute(_HEALTH, {"as_of": as_of, "shown_days": SHOWN_DAYS})
    connection.unregister("promised")


def first_shown_day(as_of: date) -> date:
    """The oldest day that is told of."""
    return as_of - timedelta(days=SHOWN_DAYS - 1)


def _promised(feeds: Collection[Feed]) -> pa.Table:
    """By feed: its schedule, the hours after the end of a day when its delivery is late, those in whole days.

    A daily feed that is overdue so many hours after the end of its last day owes the next day, which ended 24 h later.
    """
    allowed = [max(feed.freshness_hours - 24, 0) for feed in feeds]
    return pa.table(
        {
            "feed": [feed.name for feed in feeds],
            "schedule": [feed.schedule for feed in feeds],
            "hours_allowed": pa.array([math.ceil(hours) for hours in allowed], pa.int64()),
            "days_allowed": pa.array([int(hours // 24) for hours in allowed], pa.int32()),
        }
    )
