"""Who waits and who holds what, in memory: a view of the database kept up to date by every commit."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Iterable

from handoff_gateway.events import Owner, OwnerChanged
from handoff_gateway.log import Entry, Outcome

WAITS_KEPT = 20  # recent enough to follow the day, enough for one slow pick-up not to matter


class Board:
    """The queue, oldest first, and each agent's conversations. `version` grows with each change of the queue."""

    def __init__(self) -> None:
        self.version = 0
        self._waiting: dict[str, Entry] = {}
        self._held: dict[str, Entry] = {}
        self._order: list[Entry] | None = None
        self._positions: dict[str, int] = {}
        self._waits: deque[float] = deque(maxlen=WAITS_KEPT)

    def load(self, entries: Iterable[Entry], waits_newest_first: Iterable[float]) -> None:
        """Start from what the database says."""
        for entry in entries:
            self.place(entry)
        self._waits.extend(reversed(list(waits_newest_first)))

    def observe(self, outcome: Outcome) -> None:
        """Follow one commit."""
        for item in outcome.recorded:
            if isinstance(item.event, OwnerChanged) and item.event.waited_s is not None:
                self._waits.append(item.event.waited_s)
        self.place(outcome.entry)

    def place(self, entry: Entry) -> None:
        """Put `entry` where its owner says."""
        known = self._waiting.get(entry.id) or self._held.get(entry.id)
        if known is not None and known.state.seq > entry.state.seq:
            return
        was_waiting = self._waiting.pop(entry.id, None) is not None
        self._held.pop(entry.id, None)
        if entry.state.owner is Owner.QUEUE:
            self._waiting[entry.id] = entry
        elif entry.state.owner is Owner.AGENT:
            self._held[entry.id] = entry
        if was_waiting or entry.id in self._waiting:
            self._order = None
            self.version += 1

    def waiting(self) -> list[Entry]:
        """Return the queue, oldest first."""
        if self._order is None:
            self._order = sorted(self._waiting.values(), key=_age)
            self._positions = {entry.id: place for place, entry in enumerate(self._order, 1)}
        return self._order

    def position(self, conversation_id: str) -> int | None:
        """Return the place in the queue, from 1; None for a conversation that does not wait."""
        self.waiting()
        return self._positions.get(conversation_id)

    def held_by(self, agent_id: str) -> list[Entry]:
        """Return the conversations an agent holds, oldest first."""
        held = [e for e in self._held.values() if e.state.agent is not None and e.state.agent.id == agent_id]
        return sorted(held, key=lambda entry: (entry.created_at, entry.id))

    def holder(self, conversation_id: str) -> str | None:
        """Return the id of the agent who holds the conversation."""
        entry = self._held.get(conversation_id)
        return None if entry is None or entry.state.agent is None else entry.state.agent.id

    def estimated_wait_s(self, position: int, agents: int) -> float | None:
        """Return the likely seconds until pick-up; None without experience or without anybody to pick up."""
        if not self._waits or agents < 1:
            return None
        return round(statistics.median(self._waits) * position / agents, 1)


def _age(entry: Entry) -> tuple[str, str]:
    since = entry.state.waiting_since
    return ("" if since is None else since.isoformat(timespec="microseconds"), entry.id)
