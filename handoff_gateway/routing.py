"""Which waiting conversation goes to which agent. Pure: the database has the last word on capacity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from handoff_gateway.events import AgentName


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who is online: `held` conversations of `capacity`, none given since `idle_since`."""

    agent: AgentName
    capacity: int
    held: int
    idle_since: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation in the queue."""

    conversation_id: str
    epoch: int
    released_by: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One conversation for one agent."""

    conversation_id: str
    epoch: int
    agent: AgentName


def assign(waiting: Iterable[Waiting], candidates: Iterable[Candidate], now: datetime) -> list[Assignment]:
    """Give the conversations, in the order given, to the least loaded agent, of those to the longest idle.

    An agent who put a conversation back does not get it again by itself. Nobody is given more than they may hold.
    """
    room = {candidate.agent.id: candidate for candidate in candidates if candidate.held < candidate.capacity}
    assignments = []
    for conversation in waiting:
        if not room:
            break
        able = [candidate for candidate in room.values() if candidate.agent.id != conversation.released_by]
        if not able:
            continue
        chosen = min(able, key=lambda candidate: (candidate.held, candidate.idle_since, candidate.agent.id))
        assignments.append(Assignment(conversation.conversation_id, conversation.epoch, chosen.agent))
        if chosen.held + 1 < chosen.capacity:
            room[chosen.agent.id] = replace(chosen, held=chosen.held + 1, idle_since=now)
        else:
            del room[chosen.agent.id]
    return assignments
