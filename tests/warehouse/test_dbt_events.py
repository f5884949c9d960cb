"""Of dbt's events those that somebody hears arrive, worded; the others are never put into words."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.events.types import LogTestResult, NodeFinished, NodeStart, RunResultWarning
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager_client import add_callback_to_manager, ctx_set_event_manager, get_event_manager
from dbt_common.events.functions import fire_event

from dagster_project.warehouse.build.dbt_events import tell_little


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What arrives in a process that was told to tell little; afterwards events are as they were."""
    for method in ("__init__", "__getattr__"):
        monkeypatch.setattr(BaseEvent, method, getattr(BaseEvent, method))
    former = get_event_manager()
    tell_little()
    arrived: list[Any] = []
    add_callback_to_manager(arrived.append)
    yield arrived
    ctx_set_event_manager(former)


def test_nodes_that_finished_warnings_and_errors_arrive_in_words(heard: list[Any]) -> None:
    fire_event(NodeStart(node_info={"node_name": "payments_daily"}))
    fire_event(NodeFinished(node_info={"node_name": "payments_daily"}))
    fire_event(RunResultWarning(resource_type="test", node_name="rates", path="rates.sql"))
    fire_event(LogTestResult(name="quiet", status="pass"), level=EventLevel.INFO)
    fire_event(LogTestResult(name="loud", status="error"), level=EventLevel.ERROR)

    assert [event.info.name for event in heard] == ["NodeFinished", "RunResultWarning", "LogTestResult"]
    assert heard[0].data.node_info.node_name == "payments_daily"
    assert "rates.sql" in heard[1].info.msg
    assert (heard[2].info.level, heard[2].data.name) == ("error", "loud")


def test_what_nobody_hears_is_worded_when_it_is_looked_at(heard: list[Any]) -> None:
    event = NodeStart(node_info={"node_name": "payments_daily"})
    assert "pb_msg" not in vars(event)
    assert event.node_info.node_name == "payments_daily"
