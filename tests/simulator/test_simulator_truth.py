"""What the truth file says equals what is counted in the delivered lines."""

from __future__ import annotations

from tests.simulator.conftest import Sample

# The newest sound version of every payment attempt.
ATTEMPTS = """
    select * from payments where is_sound
    qualify row_number() over (partition by attempt_id order by updated_at desc) = 1
"""


def test_arguments_and_totals_are_those_of_the_run(sample: Sample) -> None:
    assert sample.truth["arguments"] == {
        "users": 150,
        "days": 60,
        "seed": 11,
        "start": "2026-09-02",
        "end": "2026-10-31",
    }
    assert sample.summary.lines == sum(feed["lines"] for feed in sample.truth["feeds"].values())
    assert sample.summary.bytes == sum(file.stat().st_size for file in sample.landing.glob("*/*/*"))


def test_succeeded_payments_sum_up_to_the_truth_by_month_and_currency(sample: Sample) -> None:
    found = sample.rows(f"""
        select strftime(attempted_at, '%Y-%m'), currency, count(*), sum(amount_minor), sum(fee_minor)
        from ({ATTEMPTS}) where status = 'succeeded' group by all
    """)
    planted = [
        (month, currency, sums["attempts"], sums["amount_minor"], sums["fee_minor"])
        for month, currencies in sample.truth["succeeded_payments"].items()
        for currency, sums in currencies.items()
    ]
    assert sorted(found) == sorted(planted)
    assert len({currency for _, currency, *_ in found}) >= 4


def test_registrations_are_counted_by_day(sample: Sample) -> None:
    found = sample.rows("""
        select strftime(registered_at, '%Y-%m-%d'), count(distinct user_id) from users where is_sound group by all
    """)
    assert dict(found) == sample.truth["registrations_per_day"]
    assert sum(sample.truth["registrations_per_day"].values()) <= 150


def test_active_users_leave_out_passive_events_bots_and_test_users(sample: Sample) -> None:
    active = """
        from events join users using (user_id)
        where events.is_sound and users.is_sound and not users.is_test and not is_bot
        and event_name not in ('push_received', 'email_delivered', 'background_sync')
    """
    found = sample.rows(f"select strftime(event_at, '%Y-%m-%d'), count(distinct user_id) {active} group by all")
    assert dict(found) == sample.truth["dau_per_day"]


def test_test_users_and_bots_are_named_and_act(sample: Sample) -> None:
    tests = sample.rows("select distinct user_id from users where is_sound and is_test order by all")
    bots = sample.rows(
        "select distinct user_id from events where is_sound and is_bot and user_id is not null order by all"
    )
    assert [user for (user,) in tests] == sample.truth["test_users"] != []
    assert [user for (user,) in bots] == sample.truth["bot_users"] != []
    acting = sample.rows(
        "select count(*) from events where is_sound and user_id in (select user_id from users where is_test)"
    )
    assert acting[0][0] > 0


def test_churned_users_are_the_ends_of_paid_subscriptions_with_their_kind(sample: Sample) -> None:
    found = sample.rows("""
        with states as (select distinct * exclude (dt) from subscriptions where is_sound),
        ends as (
            select *, lag(status) over (partition by subscription_id order by effective_at) as before from states
        )
        select
            subscription_id, user_id, strftime(effective_at, '%Y-%m-%d'), cancel_reason,
            if(cancel_reason = 'payment_failed' or before = 'past_due', 'involuntary', 'voluntary')
        from ends where status = 'canceled' and before <> 'trialing'
    """)
    planted = [
        tuple(churn[name] for name in ("subscription_id", "user_id", "date", "reason", "kind"))
        for churn in sample.truth["churned_users"]
    ]
    assert sorted(found) == sorted(planted) != []


def test_brute_force_sources_fail_as_often_as_the_truth_says(sample: Sample) -> None:
    found = sample.rows("""
        select ip, count(*), count(*) filter (where outcome = 'failure')
        from (select distinct * exclude (dt) from security_events where is_sound)
        where event_type = 'login' and ip like '203.0.113.%' group by all
    """)
    planted = [(source["ip"], source["attempts"], source["failures"]) for source in sample.truth["brute_force_sources"]]
    assert sorted(found) == sorted(planted)
    assert len(planted) == 60 // 15


def test_impossible_travels_are_two_logins_within_the_hour_from_two_countries(sample: Sample) -> None:
    for travel in sample.truth["impossible_travels"]:
        countries = sample.rows(f"""
            select distinct country from security_events
            where is_sound and user_id = '{travel["user_id"]}' and event_type = 'login' and outcome = 'success'
            and occurred_at between '{travel["home_at"]}' and timestamp '{travel["away_at"]}' + interval 1 second
        """)
        assert len(countries) == 2
    assert sample.truth["impossible_travels"]


def test_exports_of_personal_data_without_a_purpose_are_listed(sample: Sample) -> None:
    found = sample.rows("""
        select distinct audit_id from audit_log
        where is_sound and action = 'export' and contains_pii and purpose is null order by all
    """)
    assert [audit for (audit,) in found] == sample.truth["exports_without_purpose"] != []


def test_incidents_of_every_kind_lie_within_the_sample(sample: Sample) -> None:
    incidents = sample.truth["incidents"]
    assert {incident["kind"] for incident in incidents} == {
        "payment_outage",
        "service_outage",
        "slow_endpoint",
        "slow_page",
        "error_release",
        "integration_down",
        "host_saturated",
        "disk_filling",
        "replication_lag",
        "network_latency",
        "queue_backlog",
        "brute_force",
        "card_testing",
    }
    assert all("2026-09-02" <= incident["from"] < incident["to"] <= "2026-11-01T00:00:00Z" for incident in incidents)
    assert {feed for incident in incidents for feed in incident["feeds"]} <= set(sample.truth["feeds"])
