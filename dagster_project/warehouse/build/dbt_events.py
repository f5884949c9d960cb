"""What dbt tells of its work: only what somebody hears is put into words."""

from __future__ import annotations

from typing import Any

from dbt.events.types import NodeFinished
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager


class FewEvents(EventManager):
    """Passes on that a node has finished, and what is a warning or an error.

    dbt words thousands of other events, a dozen for each node, before it looks whether anybody wants them: 4 % of the
    CPU of a night.
    """

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        heard = isinstance(e, NodeFinished) or (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR)
        if heard or force_warn_or_error_handling:
            super().fire_event(e, level, node, force_warn_or_error_handling)


def tell_little() -> None:
    """Have dbt pass on few events in this process."""
    ctx_set_event_manager(FewEvents())
