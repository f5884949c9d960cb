"""Four nights of late, corrected and missing deliveries, with the figures of each counted by hand.

Weeks begin on Sunday, mau is of 3 days, days are of UTC. 2024-02-28 is a Wednesday, of a leap year.
"""

from __future__ import annotations

from datetime import date

import pytest

from dagster_project.settings import Reporting
from tests.incremental.nights import File, Nights

FEB_28, FEB_29, MAR_1, MAR_2, MAR_3 = (date(2024, *day) for day in ((2, 28), (2, 29), (3, 1), (3, 2), (3, 3)))
FEB_25, FEB, MAR = date(2024, 2, 25), date(2024, 2, 1), date(2024, 3, 1)

# Bob pauses for 50 minutes on the 28th; somebody unknown is there on the 29th; Tess and Ann come on March 1.
FIRST = """event_id,event_at,user_id,anonymous_id,event_name,platform,page,is_bot
e1,2024-02-28T10:00:00Z,bob,,page_view,web,/a,
e2,2024-02-28T10:50:00Z,bob,,page_view,web,/b,
e3,2024-02-29T10:00:00Z,,a1,page_view,web,/a,
e4,2024-03-01T10:00:00Z,tess,,page_view,ios,/a,
e5,2024-03-01T10:00:00Z,ann,,page_view,web,/a,
e6,2024-03-01T11:00:00Z,cyd,,page_view,web,/a,true
e7,2024-03-01T11:00:00Z,cyd,,push_received,ios,,
"""
# A day without any file later: Ann is back on the 3rd; late come her first event and one in Bob's pause.
LATE = """event_id,event_at,user_id,event_name,platform,page
e8,2024-03-03T10:00:00Z,ann,click,web,
e9,2024-02-29T23:59:59Z,ann,click,web,
e10,2024-02-28T10:25:00Z,bob,page_view,web,/c
"""
# The late file was wrong: only its first line stays. Tess turns out to be a test user; Ann registers only now.
CORRECTED = "".join(LATE.splitlines(keepends=True)[:2])
ACCOUNTS = """user_id,registered_at,updated_at,is_test
tess,2024-03-01T09:00:00Z,2024-03-01T09:00:00Z,true
ann,2024-03-02T09:00:00Z,2024-03-02T09:00:00Z,
"""
NO_TEST_AFTER_ALL = """user_id,registered_at,updated_at,is_test
tess,2024-03-01T09:00:00Z,2024-03-03T09:00:00Z,false
"""


class Tables:
    """What the tables of product hold after a night."""

    def __init__(self, nights: Nights) -> None:
        self.active = nights.query("""
            select activity_date, dau, wau, mau from product.active_users_daily where platform = 'all' order by all
        """)
        self.platforms = nights.query("""
            select platform, sum(dau) from product.active_users_daily group by platform order by all
        """)
        self.lifecycle = nights.query("from product.user_lifecycle_daily order by all")
        self.weekly, self.monthly = (
            nights.query(f"""
                select cohort, period_number, cohort_size, retained_users, is_complete
                from product.retention_{period} order by all
            """)
            for period in ("weekly", "monthly")
        )
        self.sessions = nights.query("""
            select activity_date, sessions, engaged_sessions, median_session_seconds
            from product.engagement_daily where platform = 'all' order by all
        """)
        self.flows = nights.query("from product.user_flows_daily order by all")
        self.registrations = nights.query("from product.registrations_daily order by all")


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> list[Tables]:
    """The tables after each of the four nights."""
    reporting = Reporting(mau_window_days=3, week_start="sunday", session_gap_minutes=30)
    nights = Nights(tmp_path_factory.mktemp("home"), reporting, {"product"})
    deliveries = [
        (MAR_1, "events", MAR_1, "first.csv", FIRST),
        (MAR_3, "events", MAR_3, "late.csv", LATE),
        (MAR_3, "events", MAR_3, "late.csv", CORRECTED),
        (MAR_3, "users", MAR_3, "again.csv", NO_TEST_AFTER_ALL),
    ]
    tables = []
    for as_of, feed, dt, name, content in deliveries:
        nights.deliver([File(feed, dt, name, content.encode())])
        if content is CORRECTED:
            nights.deliver([File("users", dt, "accounts.csv", ACCOUNTS.encode())])
        nights.run(as_of)
        tables.append(Tables(nights))
    return tables


def test_days_without_active_users_have_rows_and_mau_follows_its_window(after):
    # Cyd is a bot on the one event and did nothing on the other; the unknown visitor is no user.
    assert after[0].active == [(FEB_28, 1, 1, 1), (FEB_29, 0, 1, 1), (MAR_1, 2, 3, 3)]
    assert after[0].platforms == [("all", 3), ("ios", 1), ("web", 2)]
    assert after[0].lifecycle == [(FEB_28, 1, 0, 0, 0), (FEB_29, 0, 0, 0, 1), (MAR_1, 2, 0, 0, 0)]


def test_nobody_registered_while_no_users_were_delivered(after):
    assert after[0].registrations == after[1].registrations == []


def test_a_late_first_event_moves_its_user_to_another_cohort(after):
    # Ann is new on Feb 29 now, returns the day after and again, after a day without any file, on Mar 3.
    assert after[1].active == [
        (FEB_28, 1, 1, 1),
        (FEB_29, 1, 2, 2),
        (MAR_1, 2, 3, 3),
        (MAR_2, 0, 3, 2),
        (MAR_3, 1, 3, 2),
    ]
    assert after[1].lifecycle == [
        (FEB_28, 1, 0, 0, 0),
        (FEB_29, 1, 0, 0, 1),
        (MAR_1, 1, 1, 0, 0),
        (MAR_2, 0, 0, 0, 2),
        (MAR_3, 0, 0, 1, 0),
    ]
    assert after[0].monthly == [(FEB, 0, 1, 1, True), (FEB, 1, 1, 0, False), (MAR, 0, 2, 2, False)]
    assert after[1].monthly == [(FEB, 0, 2, 2, True), (FEB, 1, 2, 1, False), (MAR, 0, 1, 1, False)]


def test_weeks_begin_on_sunday(after):
    # March 3 is the first day of a week, which is not over; all three were first active in the week before.
    assert after[0].weekly == [(FEB_25, 0, 3, 3, False)]
    assert after[1].weekly == [(FEB_25, 0, 3, 3, True), (FEB_25, 1, 3, 1, False)]


def test_a_late_event_merges_two_sessions(after):
    # Two sessions of 0 s become one of 50 minutes; the unknown visitor's counts.
    assert after[0].sessions == [(FEB_28, 2, 0, 0), (FEB_29, 1, 0, 0), (MAR_1, 2, 0, 0)]
    assert after[0].flows == []
    assert after[1].sessions[:2] == [(FEB_28, 1, 1, 3000), (FEB_29, 2, 0, 0)]
    assert after[1].sessions[3:] == [(MAR_2, 0, 0, None), (MAR_3, 1, 0, 0)]
    assert after[1].flows == [(FEB_28, "/a", "/c", 1), (FEB_28, "/c", "/b", 1)]


def test_a_correction_takes_its_events_back_and_a_test_user_is_none(after):
    # Ann alone is left of March 1: new on it, back on the 3rd. Bob's sessions are two again.
    assert after[2].active == [
        (FEB_28, 1, 1, 1),
        (FEB_29, 0, 1, 1),
        (MAR_1, 1, 2, 2),
        (MAR_2, 0, 2, 1),
        (MAR_3, 1, 2, 1),
    ]
    assert after[2].platforms == [("all", 3), ("web", 3)]
    assert after[2].monthly == [(FEB, 0, 1, 1, True), (FEB, 1, 1, 0, False), (MAR, 0, 1, 1, False)]
    assert after[2].sessions[:3] == [(FEB_28, 2, 0, 0), (FEB_29, 1, 0, 0), (MAR_1, 1, 0, 0)]
    assert after[2].flows == []


def test_events_before_the_registration_activate_nobody(after):
    # Ann acts on March 1, registers on the 2nd, and acts again on the 3rd: that activates her.
    assert after[2].registrations == [(MAR_2, "unknown", 1, 1)]


def test_a_user_who_is_no_test_user_after_all_is_back_on_all_days(after):
    assert after[3].active == [
        (FEB_28, 1, 1, 1),
        (FEB_29, 0, 1, 1),
        (MAR_1, 2, 3, 3),
        (MAR_2, 0, 3, 2),
        (MAR_3, 1, 3, 2),
    ]
    assert after[3].platforms == [("all", 4), ("ios", 1), ("web", 3)]
    assert after[3].monthly == [(FEB, 0, 1, 1, True), (FEB, 1, 1, 0, False), (MAR, 0, 2, 2, False)]
    assert after[3].sessions[2] == (MAR_1, 2, 0, 0)
    assert after[3].registrations == [(MAR_1, "unknown", 1, 1), (MAR_2, "unknown", 1, 1)]
