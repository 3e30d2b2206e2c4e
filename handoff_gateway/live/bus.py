"""Who hears that a conversation has grown. The bus carries only (conversation_id, seq); readers read the log."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

MOST_HEARD = 20_000  # conversations of other processes: those of seconds ago would do

Listener = Callable[[str, int], None]


class Bus(Protocol):
    """Carries "this conversation has reached this seq" to whoever shows it."""

    def publish(self, conversation_id: str, seq: int) -> None:
        """Tell every listener of the conversation; called after the commit, never before."""

    def subscribe(self, conversation_id: str, listener: Listener) -> None:
        """Call `listener`, which must not block, for each later publication."""

    def unsubscribe(self, conversation_id: str, listener: Listener) -> None:
        """Stop calling `listener`; unknown ones are ignored."""

    def newest(self, conversation_id: str) -> int:
        """Return the highest seq lately heard of from another process; 0 when there is none.

        Who begins to follow must not begin below it: it was published before they could listen.
        """


class MemoryBus:
    """A bus within one process, which also carries what other processes have said."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self._heard: OrderedDict[str, int] = OrderedDict()

    def publish(self, conversation_id: str, seq: int) -> None:
        """Tell every listener of the conversation."""
        for listener in tuple(self._listeners.get(conversation_id, ())):
            listener(conversation_id, seq)

    def subscribe(self, conversation_id: str, listener: Listener) -> None:
        """Call `listener` for each later publication."""
        self._listeners.setdefault(conversation_id, set()).add(listener)

    def unsubscribe(self, conversation_id: str, listener: Listener) -> None:
        """Stop calling `listener`."""
        listeners = self._listeners.get(conversation_id)
        if listeners is None:
            return
        listeners.discard(listener)
        if not listeners:
            del self._listeners[conversation_id]

    def hear(self, conversation_id: str, seq: int) -> None:
        """Publish what another process has committed."""
        self._heard[conversation_id] = max(seq, self._heard.pop(conversation_id, 0))
        if len(self._heard) > MOST_HEARD:
            self._heard.popitem(last=False)
        self.publish(conversation_id, seq)

    def newest(self, conversation_id: str) -> int:
        """Return the highest seq lately heard."""
        return self._heard.get(conversation_id, 0)

    def followed(self) -> list[str]:
        """Return the conversations somebody listens for."""
        return list(self._listeners)
