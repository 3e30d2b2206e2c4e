"""The newest events in memory, so that those who follow a conversation live do not each ask the database for them."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from itertools import islice

from handoff_gateway.core.events import Recorded

MOST_CONVERSATIONS = 2_000  # those that were busy last; some megabytes
MOST_EVENTS = 32  # of each: who is further behind reads the log


class RecentEvents:
    """What was committed here last, by conversation; the log remains the truth."""

    def __init__(self, conversations: int = MOST_CONVERSATIONS, events: int = MOST_EVENTS) -> None:
        """Keep at most so many of each."""
        self._most_conversations = conversations
        self._most_events = events
        self._kept: OrderedDict[str, deque[Recorded]] = OrderedDict()

    def add(self, conversation_id: str, recorded: Iterable[Recorded]) -> None:
        """Keep events just committed, in order."""
        kept = self._kept.setdefault(conversation_id, deque(maxlen=self._most_events))
        for item in recorded:
            if kept and kept[-1].seq != item.seq - 1:  # another process wrote between
                kept.clear()
            kept.append(item)
        self._kept.move_to_end(conversation_id)
        if len(self._kept) > self._most_conversations:
            self._kept.popitem(last=False)

    def after(self, conversation_id: str, seq: int) -> list[Recorded]:
        """Return the events right after `seq`, in order; none when they are not all here."""
        kept = self._kept.get(conversation_id)
        if not kept or kept[0].seq > seq + 1:
            return []
        return list(islice(kept, max(0, seq + 1 - kept[0].seq), None))

    def forget(self, conversation_id: str) -> None:
        """Drop a conversation."""
        self._kept.pop(conversation_id, None)

    def clear(self) -> None:
        """Drop every conversation."""
        self._kept.clear()
