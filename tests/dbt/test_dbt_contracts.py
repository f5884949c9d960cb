"""The contracts of the feeds, against what the interface promises of them."""

from __future__ import annotations

RETENTION = {"metrics", "application_logs", "security_logs", "audit_logs", "business"}

FEEDS = {
    "product": {"users", "groups", "group_members", "meters", "meter_readings", "events"},
    "finance": {"subscriptions", "payments", "refunds", "marketing_spend", "exchange_rates"},
    "platform": {"web_vitals", "client_errors", "api_requests", "trace_spans", "metric_samples"}
    | {"app_logs", "integration_status"},
    "security": {"security_events", "audit_log"},
}


def test_every_feed_of_the_interface_has_one_contract_in_its_domain(feeds):
    found = {domain: {name for name, feed in feeds.items() if feed["domain"] == domain} for domain in FEEDS}

    assert found == FEEDS


def test_keys_and_versions_are_required_columns(feeds):
    """The labels of a metric sample are the only part of a key that may be missing."""
    loose = []
    for name, feed in feeds.items():
        required = {column["name"] for column in feed["columns"] if _meta(column).get("required")}
        meta = feed["config"]["meta"]
        loose += [(name, part) for part in [*meta["key"], meta.get("version")] if part and part not in required]

    assert loose == [("metric_samples", "labels")]


def test_only_feeds_of_versions_have_a_version_column(feeds):
    assert {name for name, feed in feeds.items() if "version" in feed["config"]["meta"]} == {
        name for name, feed in feeds.items() if feed["config"]["meta"]["mode"] == "upsert"
    }


def test_personal_data_is_exactly_what_the_interface_names(feeds):
    found = {
        (name, column["name"]) for name, feed in feeds.items() for column in feed["columns"] if _meta(column).get("pii")
    }

    assert found == {("users", "email"), ("api_requests", "ip"), ("security_events", "ip")}


def test_columns_that_hold_a_user_id_say_whose_row_it_is(feeds):
    """What `warehouse erase` must find: the row of the person, or somebody else's that names the person."""
    named = {
        (feed, column["name"]): _meta(column).get("person")
        for feed, contract in feeds.items()
        for column in contract["columns"]
        if column["name"].endswith("user_id") or column["name"] in ("actor", "object_id")
    }

    assert {place for place, role in named.items() if role != "owner"} == {
        ("groups", "owner_user_id"),
        ("audit_log", "object_id"),
    }
    assert {role for role in named.values()} == {"owner", "mention"}


def test_what_leads_to_a_person_beside_the_user_id_is_declared(feeds):
    found = {
        (name, column["name"])
        for name, feed in feeds.items()
        for column in feed["columns"]
        if _meta(column).get("person") == "trace"
    }

    sessions = {("events", "session_id"), ("web_vitals", "session_id"), ("client_errors", "session_id")}
    assert found == {*sessions, ("events", "anonymous_id"), ("payments", "attempt_id"), ("refunds", "attempt_id")}


def test_every_feed_says_how_long_it_is_kept_how_late_it_may_be_and_how_much_may_be_wrong(feeds):
    for name, feed in feeds.items():
        meta = feed["config"]["meta"]
        assert meta["retention"] in RETENTION, name
        assert meta["max_quarantined_share"] == 0.05, name
        assert feed["config"]["freshness"]["warn_after"]["period"] == "hour", name
        assert {"quarantined_share_at_most", "contract_key"} <= set(feed["data_tests"]), name


def test_defaults_satisfy_their_own_contract(feeds):
    for name, feed in feeds.items():
        for column in feed["columns"]:
            meta = _meta(column)
            if "default" in meta and "minimum" in meta:
                assert meta["minimum"] <= meta["default"] <= meta.get("maximum", meta["default"]), (
                    name,
                    column["name"],
                )


def _meta(column: dict) -> dict:
    return column.get("config", {}).get("meta", {})
