"""Who hears that a conversation has grown. The bus carries only (conversation_id, seq); readers read the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Listener = Callable[[str, int], None]


class Bus(Protocol):
    """Carries "this conversation has reached this seq" to whoever shows it."""

    def publish(self, conversation_id: str, seq: int) -> None:
        """Tell every listener of the conversation; called after the commit, never before."""

    def subscribe(self, conversation_id: str, listener: Listener) -> None:
        """Call `listener`, which must not block, for each later publication."""

    def unsubscribe(self, conversation_id: str, listener: Listener) -> None:
        """Stop calling `listener`; unknown ones are ignored."""


class MemoryBus:
    """A bus within one process."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}

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
