"""Rows of different feeds fit together: what is named exists, and nothing happens before its beginning."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import Sample

# Each thing once, as a join partner, whatever was delivered twice.
USERS = "(select user_id, min(registered_at) as registered_at from users where is_sound group by all)"
GROUPS = "(select group_id, min(created_at) as created_at from groups where is_sound group by all)"
METERS = """
    (select meter_id, any_value(group_id) as group_id, min(installed_at) as installed_at
    from meters where is_sound group by all)
"""
MEMBERS = """
    (select group_id, user_id, min(joined_at) as joined_at, max(left_at) as left_at
    from group_members where is_sound group by all)
"""
READINGS = "(select distinct * exclude (dt) from meter_readings where is_sound)"
REFUNDS = "(select distinct * exclude (dt) from refunds where is_sound)"
SUCCEEDED = """
    (select attempt_id, any_value(amount_minor) as amount_minor, min(attempted_at) as attempted_at
    from payments where is_sound and status = 'succeeded' group by all)
"""
SPANS = "(select distinct * exclude (dt) from trace_spans where is_sound)"


@pytest.mark.parametrize(
    ("feed", "happens_at"),
    [
        ("events", "event_at"),
        ("payments", "attempted_at"),
        ("subscriptions", "effective_at"),
        ("group_members", "joined_at"),
        ("meter_readings", "submitted_at"),
        ("api_requests", "started_at"),
        ("web_vitals", "measured_at"),
        ("client_errors", "occurred_at"),
        ("security_events", "occurred_at"),
    ],
)
def test_users_are_known_and_do_nothing_before_they_register(sample: Sample, feed: str, happens_at: str) -> None:
    named, unknown, early = sample.rows(f"""
        select count(*), count(*) - count(registered_at), count(*) filter (where {happens_at} < registered_at)
        from {feed} left join {USERS} as registered using (user_id)
        where is_sound and user_id is not null
    """)[0]
    assert named > 0
    assert (unknown, early) == (0, 0)


@pytest.mark.parametrize(("feed", "since"), [("group_members", "joined_at"), ("meters", "installed_at")])
def test_members_and_meters_belong_to_groups_that_exist_by_then(sample: Sample, feed: str, since: str) -> None:
    orphans = sample.rows(f"""
        select count(*) from {feed} left join {GROUPS} as founded using (group_id)
        where is_sound and ({since} >= created_at) is not true
    """)
    assert orphans == [(0,)]


def test_readings_are_of_installed_meters_by_members_of_the_group(sample: Sample) -> None:
    strange = sample.rows(f"""
        select count(*) from {READINGS} as readings
        left join {METERS} as meters using (meter_id)
        left join {MEMBERS} as members using (group_id, user_id)
        where (submitted_at > installed_at and submitted_at > joined_at) is not true or submitted_at >= left_at
    """)
    assert strange == [(0,)]


def test_refunds_follow_their_payment_and_never_exceed_it(sample: Sample) -> None:
    wrong = sample.rows(f"""
        select count(*) from {REFUNDS} as refunds join {SUCCEEDED} as attempts using (attempt_id)
        where refunds.amount_minor > attempts.amount_minor or refunded_at <= attempted_at
    """)
    assert wrong == [(0,)]


def test_some_refunds_are_of_attempts_nobody_knows_and_name_their_currency(sample: Sample) -> None:
    unknown, with_currency = sample.rows(f"""
        select count(*), count(currency) from {REFUNDS} as refunds anti join payments using (attempt_id)
    """)[0]
    assert unknown == with_currency > 0


def test_intents_are_retried_until_they_succeed_and_never_after(sample: Sample) -> None:
    after, retried = sample.rows("""
        with final as (
            select * from payments where is_sound
            qualify row_number() over (partition by attempt_id order by updated_at desc) = 1
        ),
        intents as (
            select payment_id, count(*) as attempts, min(attempted_at) filter (where status = 'succeeded') as paid_at,
            max(attempted_at) as last_at from final group by all
        )
        select count(*) filter (where last_at > paid_at), count(*) filter (where attempts > 1 and paid_at is not null)
        from intents
    """)[0]
    assert after == 0
    assert retried > 0


def test_a_rate_is_delivered_for_every_currency_before_it_is_used(sample: Sample) -> None:
    uses = " union all ".join(
        f"select currency, {day} as used_on, dt from {feed} where is_sound and currency <> 'USD'"
        for feed, day in (
            ("payments", "attempted_at::date"),
            ("subscriptions", "effective_at::date"),
            ("refunds", "refunded_at::date"),
            ("marketing_spend", "spend_date"),
        )
    )
    # a day of grace: in a time zone west of UTC the first payments are of the day before
    missing = sample.rows(f"""
        select count(*) from ({uses}) as uses
        where not exists (
            from exchange_rates as rates
            where rates.currency = uses.currency and rate_date <= used_on - interval 1 day and rates.dt <= uses.dt
        )
    """)
    assert missing == [(0,)]


def test_spans_lie_within_their_parent_and_traces_have_a_request(sample: Sample) -> None:
    orphans = sample.rows(f"""
        select count(*) from {SPANS} as child left join {SPANS} as parent
        on child.parent_span_id = parent.span_id and child.trace_id = parent.trace_id
        where child.parent_span_id is not null
        and (parent.duration_ms >= child.duration_ms and parent.started_at <= child.started_at) is not true
    """)
    assert orphans == [(0,)]
    assert sample.rows(f"select count(*) from {SPANS} as spans anti join api_requests using (trace_id)") == [(0,)]


def test_test_users_and_bots_pay_nothing(sample: Sample) -> None:
    strangers = [*sample.truth["test_users"], *sample.truth["bot_users"]]
    for feed in ("payments", "subscriptions", "group_members"):
        query = f"select count(*) from {feed} where user_id in $users"
        assert sample.lines.execute(query, {"users": strangers}).fetchall() == [(0,)]
