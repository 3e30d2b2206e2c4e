"""A tracker store that cannot fill the memory.

A tracker is disposable: the conversation's truth is the gateway's log, and a leg that lost its tracker only forgets
what was asked before in this leg.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

MAX_LEGS = 5_000  # about 10 to 30 KB each: at most some 150 MB, several hours of a busy shop


class BoundedTrackerStore(InMemoryTrackerStore):
    """Keeps the trackers of the ``MAX_LEGS`` legs written to last."""

    def __init__(
        self,
        domain: Domain,
        event_broker: EventBroker | None = None,
        **kwargs: dict[str, Any],
    ) -> None:
        """Rasa calls this with what ``endpoints.yml`` says."""
        kwargs.pop("host", None)  # type: ignore[arg-type]
        super().__init__(domain, event_broker)
        self.store: OrderedDict[str, str] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the tracker, forgetting the oldest when there are too many."""
        await super().save(tracker)
        self.store.move_to_end(tracker.sender_id)
        while len(self.store) > MAX_LEGS:
            self.store.popitem(last=False)
