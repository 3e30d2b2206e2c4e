"""Which agents can be given a conversation: those who say they are online and have a live socket. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handoff_gateway.core.events import AgentName


class Presence(StrEnum):
    """What an agent chose."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


@dataclass(slots=True)
class _Agent:
    name: AgentName
    capacity: int
    chosen: Presence
    answers: bool
    sockets: int
    gone_at: datetime | None
    idle_since: datetime
    acted_at: datetime
    signed_out: bool = False
    elsewhere: bool = False  # has sockets at another process


@dataclass(frozen=True, slots=True)
class Seen:
    """An agent who has a socket somewhere; `elsewhere` is whether at another process, too or only."""

    agent: AgentName
    capacity: int
    chosen: Presence
    answers: bool
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Present:
    """An agent who can be given a conversation."""

    agent: AgentName
    capacity: int
    idle_since: datetime


class PresenceBoard:
    """Every agent seen since the start.

    Args:
        grace_s: seconds an agent without a socket still counts as present, so that a reload loses nothing.
    """

    def __init__(self, grace_s: float) -> None:
        self._grace = timedelta(seconds=grace_s)
        self._agents: dict[str, _Agent] = {}

    def connected(self, agent: AgentName, chosen: Presence, capacity: int, *, answers: bool, now: datetime) -> None:
        """Note one more socket. `answers` is whether the agent may hold conversations at all."""
        known = self._agents.get(agent.id)
        if known is None:
            self._agents[agent.id] = _Agent(agent, capacity, chosen, answers, 1, None, now, now)
            return
        known.name, known.capacity, known.chosen, known.answers = agent, capacity, chosen, answers
        known.sockets += 1
        known.gone_at = None
        known.signed_out = False

    def disconnected(self, agent_id: str, now: datetime) -> None:
        """Note one socket less."""
        known = self._agents[agent_id]
        known.sockets -= 1
        if known.sockets == 0:
            known.gone_at = now

    def signed_out(self, agent_id: str) -> None:
        """Note that an agent signed out: unlike one whose page is only loading anew, they are gone at once."""
        if (known := self._agents.get(agent_id)) is not None:
            known.signed_out = True

    def missing(self, agent: AgentName, gone_at: datetime) -> None:
        """Note an agent who is not here, since `gone_at`; for those who hold conversations at a start."""
        if agent.id not in self._agents:
            self._agents[agent.id] = _Agent(agent, 0, Presence.OFFLINE, False, 0, gone_at, gone_at, gone_at)

    def elsewhere(self, there: Iterable[Seen], gone: Mapping[str, tuple[AgentName, datetime]], now: datetime) -> None:
        """Note who has sockets at other processes, and who of those who hold conversations has none anywhere.

        Args:
            there: everybody with a socket at any process.
            gone: the others, and since when they are.
        """
        seen = {each.agent.id: each for each in there}
        for agent_id, known in self._agents.items():
            if known.elsewhere and (agent_id not in seen or not seen[agent_id].elsewhere):
                known.elsewhere = False
                if known.sockets == 0:
                    known.gone_at = gone[agent_id][1] if agent_id in gone else now
        for each in seen.values():
            known = self._agents.setdefault(
                each.agent.id, _Agent(each.agent, each.capacity, each.chosen, each.answers, 0, now, now, now)
            )
            known.name, known.capacity, known.chosen, known.answers = (
                each.agent,
                each.capacity,
                each.chosen,
                each.answers,
            )
            if each.elsewhere:
                known.elsewhere, known.gone_at, known.signed_out = True, None, False
        for agent, gone_at in gone.values():
            self.missing(agent, gone_at)

    def only_elsewhere(self, agent_id: str) -> bool:
        """Return whether an agent has sockets at other processes and none here."""
        known = self._agents.get(agent_id)
        return known is not None and known.elsewhere and known.sockets == 0

    def gone_at(self, agent_id: str) -> datetime | None:
        """Return since when an agent has no socket; None while there is one, or who was never seen."""
        known = self._agents.get(agent_id)
        return None if known is None else known.gone_at

    def absent(self) -> list[tuple[str, datetime]]:
        """Return who was here and has no socket, and since when."""
        return [
            (agent_id, agent.gone_at)
            for agent_id, agent in self._agents.items()
            if agent.sockets == 0 and not agent.elsewhere and agent.gone_at is not None
        ]

    def choose(self, agent_id: str, chosen: Presence) -> None:
        """Note what the agent chose."""
        self._agents[agent_id].chosen = chosen

    def acted(self, agent_id: str, now: datetime) -> None:
        """Note that the agent did something."""
        if (known := self._agents.get(agent_id)) is not None:
            known.acted_at = now

    def turned_away(self) -> list[tuple[str, datetime]]:
        """Return who has a socket here but is away or offline, and when they last did something."""
        return [
            (agent_id, agent.acted_at)
            for agent_id, agent in self._agents.items()
            if agent.sockets > 0 and agent.chosen is not Presence.ONLINE
        ]

    def busy(self, agent_id: str, now: datetime) -> None:
        """Note that the agent was given a conversation."""
        if (known := self._agents.get(agent_id)) is not None:
            known.idle_since = now

    def present(self, now: datetime) -> list[Present]:
        """Return who can be given a conversation at `now`."""
        return [
            Present(agent.name, agent.capacity, agent.idle_since)
            for agent in self._agents.values()
            if agent.answers and agent.chosen is Presence.ONLINE and self._here(agent, now)
        ]

    def _here(self, agent: _Agent, now: datetime) -> bool:
        if agent.signed_out:
            return False
        return agent.sockets > 0 or agent.elsewhere or (agent.gone_at is not None and now - agent.gone_at < self._grace)
