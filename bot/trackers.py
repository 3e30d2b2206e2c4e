"""A tracker store that cannot fill the memory.

A tracker is disposable: the conversation's truth is the gateway's log, and a leg that lost its tracker only forgets
what was asked before in this leg.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

MAX_LEGS = 5_000  # about 10 to 30 KB each: at most some 150 MB, several hours of a busy shop
MAX_FORGOTTEN = 10_000  # conversations; a turn may still be running while its conversation is erased


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
        self._forgotten: OrderedDict[str, None] = OrderedDict()

    def forget(self, conversation_id: str) -> None:
        """Drop every leg of an erased conversation, those of turns that are still running too."""
        self._forgotten[conversation_id] = None
        while len(self._forgotten) > MAX_FORGOTTEN:
            self._forgotten.popitem(last=False)
        for sender in [sender for sender in self.store if conversation_of(sender) == conversation_id]:
            del self.store[sender]

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the tracker, forgetting the oldest when there are too many."""
        if conversation_of(tracker.sender_id) in self._forgotten:
            return
        await super().save(tracker)
        self.store.move_to_end(tracker.sender_id)
        while len(self.store) > MAX_LEGS:
            self.store.popitem(last=False)


def conversation_of(sender: str) -> str:
    """Return the conversation of a sender, ``<conversation>.<leg>``."""
    return sender.rpartition(".")[0]


def bounded(store: TrackerStore | None) -> BoundedTrackerStore | None:
    """Return our store from inside those Rasa wraps around it, or None where another was configured."""
    while store is not None and not isinstance(store, BoundedTrackerStore):
        store = getattr(store, "_tracker_store", None)
    return store
