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

_word, _look = BaseEvent.__init__, BaseEvent.__getattr__


class FewEvents(EventManager):
    """Passes on that a node has finished, and what is a warning or an error."""

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
    """Have dbt pass on few events in this process, and word an event when it is looked at."""
    BaseEvent.__init__, BaseEvent.__getattr__ = _keep_what_is_told, _word_when_asked  # type: ignore[method-assign]
    ctx_set_event_manager(FewEvents())


def _keep_what_is_told(self: BaseEvent, *args: Any, **kwargs: Any) -> None:
    self.__dict__["unworded"] = args, kwargs


def _word_when_asked(self: BaseEvent, key: str) -> Any:
    if "unworded" in self.__dict__:
        args, kwargs = self.__dict__.pop("unworded")
        _word(self, *args, **kwargs)
        return getattr(self, key)
    return _look(self, key)
