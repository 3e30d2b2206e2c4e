"""Which waiting conversation goes to which agent. Pure: the database has the last word on capacity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from handoff_gateway.core.events import AgentName
from handoff_gateway.core.team import DEFAULT_TEAM, Mode, Team, Teams


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent who is online: `held` conversations of `capacity`, none given since `idle_since`.

    `languages` empty means any; `teams` are those the agent is in.
    """

    agent: AgentName
    capacity: int
    held: int
    idle_since: datetime
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset({DEFAULT_TEAM})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation in the queue."""

    conversation_id: str
    epoch: int
    released_by: str | None = None
    team: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """One conversation for one agent, who takes it for `team`: the fallback where that stands in."""

    conversation_id: str
    epoch: int
    agent: AgentName
    team: str = field(default=DEFAULT_TEAM)


NO_TEAMS = Teams()


def assign(
    waiting: Iterable[Waiting], candidates: Iterable[Candidate], now: datetime, teams: Teams = NO_TEAMS
) -> list[Assignment]:
    """Give the conversations, in the order given, each to the agent who fits best; nobody more than they may hold.

    Only members of the conversation's team who have its skills are asked, and of its fallback when none of them has
    room; teams whose members claim by hand are left alone. Of those who are able, first who speaks the customer's
    language, then the least loaded, then the longest idle. An agent who put a conversation back does not get it again
    by itself.
    """
    room = {candidate.agent.id: candidate for candidate in candidates if candidate.held < candidate.capacity}
    assignments = []
    for conversation in waiting:
        if not room:
            break
        found = _choose(conversation, list(room.values()), teams)
        if found is None:
            continue
        chosen, team = found
        assignments.append(Assignment(conversation.conversation_id, conversation.epoch, chosen.agent, team.id))
        if chosen.held + 1 < chosen.capacity:
            room[chosen.agent.id] = replace(chosen, held=chosen.held + 1, idle_since=now)
        else:
            del room[chosen.agent.id]
    return assignments


def _choose(conversation: Waiting, candidates: Sequence[Candidate], teams: Teams) -> tuple[Candidate, Team] | None:
    team = teams.get(conversation.team)
    if team.mode is Mode.MANUAL:
        return None
    for helper in teams.chain(team):
        able = [
            candidate
            for candidate in candidates
            if helper.id in candidate.teams
            and candidate.agent.id != conversation.released_by
            and helper.skills <= candidate.skills
        ]
        if able:
            return min(able, key=lambda candidate: _rank(candidate, conversation.language)), helper
    return None


def _rank(candidate: Candidate, language: str | None) -> tuple[bool, int, datetime, str]:
    foreign = bool(candidate.languages) and language is not None and language not in candidate.languages
    return (foreign, candidate.held, candidate.idle_since, candidate.agent.id)
