"""A session_id that comes up again after a year, and what the nights then read and compute."""

from __future__ import annotations

from datetime import date

from tests.incremental.nights import File, Nights, differences

YEAR_AGO, BETWEEN, NOW = date(2023, 3, 1), date(2023, 9, 1), date(2024, 3, 1)


def _event(day: date, name: str) -> File:
    content = f"event_id,event_at,user_id,session_id,event_name,page\n{name},{day}T10:00:00Z,ann,s1,page_view,/{name}\n"
    return File("events", day, f"{name}.csv", content.encode())


def test_a_session_of_distant_days_touches_these_days_alone(tmp_path):
    nights, at_once = (Nights(tmp_path / name, domains={"product"}) for name in ("nights", "at-once"))
    deliveries = [_event(YEAR_AGO, "a"), _event(NOW, "b"), _event(BETWEEN, "c")]
    touched = []
    for delivery in deliveries:
        nights.deliver([delivery])
        nights.run(NOW)
        touched.append(nights.query("select activity_date from touched.touched_session_days order by all"))

    at_once.deliver(deliveries)
    at_once.run(NOW)

    assert touched[1:] == [[(YEAR_AGO,), (NOW,)], [(YEAR_AGO,), (BETWEEN,), (NOW,)]]
    assert nights.query("from product.user_flows_daily order by all") == [
        (YEAR_AGO, "/a", "/c", 1),
        (YEAR_AGO, "/c", "/b", 1),
    ]
    assert differences(nights, at_once) == {}
