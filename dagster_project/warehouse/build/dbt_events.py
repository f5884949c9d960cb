"""What dbt tells of its work: only what somebody hears is put into words.

dbt makes thousands of events, a dozen for each node, and words them before it looks whether anybody wants them: 8 % of
the CPU of a night.
"""

from __future__ import annotations

from typing import Any

from dbt.events.types import NodeFinished
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager
from dbt_common.events.types import Note

_word = BaseEvent.__init__
LOUD = (EventLevel.WARN, EventLevel.ERROR)


class FewEvents(EventManager):
    """Passes on that a node has finished, and what is a warning or an error."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        heard = isinstance(e, NodeFinished) or (level or e.level_tag()) in LOUD or force_warn_or_error_handling
        if heard and _may_be_heard(e):
            super().fire_event(e, level, node, force_warn_or_error_handling)


def tell_little() -> None:
    """Have dbt make and pass on few events in this process."""
    BaseEvent.__init__ = _word_what_may_be_heard  # type: ignore[method-assign]
    ctx_set_event_manager(FewEvents())


def _may_be_heard(event: BaseEvent) -> bool:
    """A note may be given a level of its own when it is passed on."""
    return isinstance(event, (NodeFinished, Note)) or event.level_tag() in LOUD


def _word_what_may_be_heard(self: BaseEvent, *args: Any, **kwargs: Any) -> None:
    if _may_be_heard(self):
        _word(self, *args, **kwargs)
