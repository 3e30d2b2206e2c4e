"""Who waits, who holds what, what was promised: a view of the database in memory, kept up to date by every commit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from handoff_gateway.core.estimate import Pace
from handoff_gateway.core.events import Owner, OwnerChanged
from handoff_gateway.core.team import DEFAULT_TEAM
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.projection import Entry, PickUp

PICK_UPS_READ = 200  # at the start: twenty of each of ten busy teams
MOST_LEFT = 10_000  # conversations remembered to have left: news of before they did may still be on its way


class Board:
    """The queue, each agent's conversations, call-backs and follow-ups.

    `version` grows with each change of a list that all agents see: the queue, what was promised, what alerts stand.

    The queue is in order of priority, then of joining it. Each team's customers have their own positions in it.
    """

    def __init__(self) -> None:
        self.version = 0
        self._waiting: dict[str, Entry] = {}
        self._held: dict[str, Entry] = {}
        self._promised: dict[str, Entry] = {}
        self._left: OrderedDict[str, int] = OrderedDict()  # the seq at which each left
        self._order: list[Entry] | None = None
        self._positions: dict[str, int] = {}
        self._oldest: dict[str, datetime] = {}
        self._paces: dict[str, Pace] = {}

    def load(self, entries: Iterable[Entry], pick_ups_oldest_first: Iterable[PickUp]) -> None:
        """Start from what the database says."""
        for entry in entries:
            self.place(entry)
        for pick_up in pick_ups_oldest_first:
            self._pace(pick_up.team).picked_up(pick_up.at, pick_up.waited_s)

    def observe(self, outcome: Outcome) -> None:
        """Follow one commit."""
        known = self._waiting.get(outcome.entry.id)
        for item in outcome.recorded:
            if isinstance(item.event, OwnerChanged) and item.event.waited_s is not None:
                team = item.event.team if known is None else known.state.team
                self._pace(team).picked_up(item.at, item.event.waited_s)
        self.place(outcome.entry)

    def place(self, entry: Entry) -> None:
        """Put `entry` where its owner says; one older than what is known changes nothing."""
        known = self._known(entry.id)
        if entry.state.seq < (self._left.get(entry.id, 0) if known is None else known.state.seq):
            return
        listed = known is not None and _is_listed(known)
        if known is not None and not listed and entry.state.owner is known.state.owner and not _is_listed(entry):
            self._held[entry.id] = entry  # somebody has said something to the agent who holds it: no list changes
            return
        was_waiting = self._remove(entry.id)
        if entry.state.owner is Owner.QUEUE:
            self._waiting[entry.id] = entry
        elif entry.state.owner is Owner.AGENT:
            self._held[entry.id] = entry
        if entry.state.call_back is not None or entry.state.follow_ups:
            self._promised[entry.id] = entry
        if self._known(entry.id) is not None:
            self._left.pop(entry.id, None)
        elif known is not None:
            self._left[entry.id] = entry.state.seq
            if len(self._left) > MOST_LEFT:
                self._left.popitem(last=False)
        if was_waiting or entry.id in self._waiting:
            self._order = None
        if listed or _is_listed(entry):
            self.version += 1

    def drop(self, conversation_id: str) -> None:
        """Forget a conversation that is no more."""
        if self._remove(conversation_id):
            self._order = None
        self.version += 1

    def seqs(self) -> dict[str, int]:
        """Return every conversation here with the seq it is known at."""
        return {name: e.state.seq for kept in (self._promised, self._held, self._waiting) for name, e in kept.items()}

    def seq(self, conversation_id: str) -> int | None:
        """Return the seq a conversation here is known at."""
        known = self._known(conversation_id)
        return None if known is None else known.state.seq

    def _known(self, conversation_id: str) -> Entry | None:
        waiting, held = self._waiting.get(conversation_id), self._held.get(conversation_id)
        return waiting or held or self._promised.get(conversation_id)

    def _remove(self, conversation_id: str) -> bool:
        """Take a conversation out; return whether it waited."""
        self._held.pop(conversation_id, None)
        self._promised.pop(conversation_id, None)
        return self._waiting.pop(conversation_id, None) is not None

    def waiting(self) -> list[Entry]:
        """Return the queue: the highest priority first, then who came first."""
        if self._order is None:
            self._order = sorted(self._waiting.values(), key=_place)
            self._positions, self._oldest = {}, {}
            counts: dict[str, int] = {}
            for entry in self._order:
                team = entry.state.team or DEFAULT_TEAM
                self._positions[entry.id] = counts[team] = counts.get(team, 0) + 1
                since = entry.state.waiting_since
                if since is not None:
                    self._oldest[team] = min(since, self._oldest.get(team, since))
        return self._order

    def position(self, conversation_id: str) -> int | None:
        """Return the place among those who wait for the same team, from 1; None for one that does not wait."""
        self.waiting()
        return self._positions.get(conversation_id)

    def held(self) -> list[Entry]:
        """Return every conversation that an agent holds."""
        return list(self._held.values())

    def held_by(self, agent_id: str) -> list[Entry]:
        """Return the conversations an agent holds, oldest first."""
        held = [e for e in self._held.values() if e.state.agent is not None and e.state.agent.id == agent_id]
        return sorted(held, key=lambda entry: (entry.created_at, entry.id))

    def holder(self, conversation_id: str) -> str | None:
        """Return the id of the agent who holds the conversation."""
        entry = self._held.get(conversation_id)
        return None if entry is None or entry.state.agent is None else entry.state.agent.id

    def call_backs(self) -> list[Entry]:
        """Return the conversations whose customers are to be called back, the most urgent first."""
        found = [(e.state.call_back.due_at, e.id, e) for e in self._promised.values() if e.state.call_back is not None]
        return [entry for _, _, entry in sorted(found, key=lambda item: item[:2])]

    def follow_ups(self, agent_id: str) -> list[Entry]:
        """Return the conversations an agent passed on and follows, those that have ended first."""
        found = [
            (kept.outcome is None, kept.reminded_at, entry.id, entry)
            for entry in self._promised.values()
            for kept in entry.state.follow_ups
            if kept.agent.id == agent_id
        ]
        return [entry for *_, entry in sorted(found, key=lambda item: item[:3])]

    def alerting(self) -> list[Entry]:
        """Return what waits or is held with an alert that still stands, the longest unattended first."""
        found = [e for e in (*self._waiting.values(), *self._held.values()) if e.state.care.standing(e.state.priority)]
        return sorted(found, key=lambda entry: (entry.state.care.handed_off_at or entry.created_at, entry.id))

    def estimated_wait_s(self, conversation_id: str, agents: int, now: datetime) -> float | None:
        """Return the likely seconds until pick-up (see `estimate`); None without experience or anybody to pick up."""
        position, entry = self.position(conversation_id), self._waiting.get(conversation_id)
        if position is None or entry is None or agents < 1:
            return None
        team = entry.state.team or DEFAULT_TEAM
        return self._pace(team).wait_s(position, now, self._oldest.get(team, now))

    def _pace(self, team: str | None) -> Pace:
        return self._paces.setdefault(team or DEFAULT_TEAM, Pace())


def _is_listed(entry: Entry) -> bool:
    state = entry.state
    if state.owner is Owner.QUEUE or state.call_back is not None or state.follow_ups:
        return True
    return state.owner is Owner.AGENT and bool(state.care.standing(state.priority))


def _place(entry: Entry) -> tuple[int, int, str, str]:
    since = entry.state.waiting_since
    at = "" if since is None else since.isoformat(timespec="microseconds")
    return (-entry.state.priority, entry.place, at, entry.id)
