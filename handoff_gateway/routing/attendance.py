"""Whether anybody is there for those who wait, and who is told when that changes.

A place in a queue says nothing when everybody has gone home. Waiting customers hear at once when the last agent of
their team, and of those that help it out, leaves or the teams close, and when somebody is there again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff_gateway.core.events import Owner
from handoff_gateway.core.presence import PresenceBoard
from handoff_gateway.core.team import Team, Teams
from handoff_gateway.errors import UnavailableError
from handoff_gateway.live.board import Board
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.desk import Desk
from handoff_gateway.store.execution import Outcome
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock, to_text

LONGEST_SLEEP_S = 60.0  # a team changed by a command beside the gateway, or a clock that was set, is seen within this
RETRY_S = 1.0  # after the database refused

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attended:
    """Whether somebody of a team, or of those that help it out, is there; while all are closed, when one opens."""

    attended: bool
    opens_at: datetime | None = None

    def frame(self) -> dict[str, Any]:
        """Return what a customer's page is told."""
        opens_at = None if self.opens_at is None else to_text(self.opens_at)
        return {"type": "attendance", "attended": self.attended, "opens_at": opens_at}


_UNKNOWN = Attended(attended=True)  # before the first look; says nothing a customer would be shown


class Attendance:
    """Keeps watch over who is there, team by team, in one task that sleeps until something may have changed."""

    def __init__(self, desk: Desk, board: Board, presence: PresenceBoard, crowd: Crowd, clock: Clock) -> None:
        self._desk = desk
        self._board = board
        self._presence = presence
        self._crowd = crowd
        self._clock = clock
        self._tasks = TaskOwner()
        self._wake = asyncio.Event()
        self._teams: Teams | None = None  # of the last look
        self._stale = False  # somebody came or went since the last look
        self._known: Mapping[str, Attended] = {}
        self._default = _UNKNOWN

    def start(self) -> None:
        """Begin to watch."""
        self._tasks.last(self._run)

    def wake(self) -> None:
        """Look again: an agent came or went, or a team was changed."""
        self._stale = True
        self._wake.set()

    def of(self, team_id: str | None, *, joining: str | None = None) -> Attended:
        """Return how it stands with a team, for somebody new or for the conversation that is `joining` its queue."""
        if self._stale and self._teams is not None:
            # The next look waits for the database; an agent who is online already must not be called absent.
            self._take(self._teams, self._clock(), joining)
        return self._at(team_id)

    def observe(self, outcome: Outcome) -> None:
        """Tell who joins a queue how it stands there, before they see their place in it."""
        entry = outcome.entry
        if outcome.owner_changed and entry.state.owner is Owner.QUEUE:
            self._crowd.to_customer(entry.id, self.of(entry.state.team, joining=entry.id).frame())

    async def aclose(self) -> None:
        """Stop watching."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                teams = await self._desk.teams()
            except UnavailableError as error:
                logger.warning("who is there could not be looked up: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            now = self._clock()
            self._teams = teams
            self._take(teams, now)
            await self._sleep(_next_change(teams, now), now)

    def _take(self, teams: Teams, now: datetime, joining: str | None = None) -> None:
        """Note how it stands, and tell all who wait and see it change but the one who is `joining`."""
        self._stale = False
        present = [agent.agent.id for agent in self._presence.present(now)]
        before, default = self._known, self._default
        self._known = {team_id: attended(teams, team, present, now) for team_id, team in teams.by_id.items()}
        self._default = attended(teams, teams.get(None), present, now)
        for entry in self._board.waiting():
            team = entry.state.team or ""
            if entry.id != joining and before.get(team, default) != self._at(team):
                self._crowd.to_customer(entry.id, self._at(team).frame())

    def _at(self, team_id: str | None) -> Attended:
        return self._known.get(team_id or "", self._default)

    async def _sleep(self, until: datetime | None, now: datetime) -> None:
        seconds = LONGEST_SLEEP_S if until is None else min(LONGEST_SLEEP_S, max(0.0, (until - now).total_seconds()))
        timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()


def attended(teams: Teams, team: Team, present: list[str], now: datetime) -> Attended:
    """Return whether anybody `present` is in `team`, or in one that helps it out, and that is open."""
    chain = teams.chain(team)
    there = {helper.id for helper in chain if helper.is_open(now)}
    if there:
        return Attended(any(teams.of_agent(agent_id) & there for agent_id in present))
    openings = [opening for helper in chain if (opening := helper.opens_at(now)) is not None]
    return Attended(attended=False, opens_at=min(openings, default=None))


def _next_change(teams: Teams, now: datetime) -> datetime | None:
    """Return when the next team opens or closes."""
    hours = [team.hours for team in teams.by_id.values() if team.hours is not None]
    turns = [kept.closes_at(now) if kept.is_open(now) else kept.opens_at(now) for kept in hours]
    return min((turn for turn in turns if turn is not None), default=None)
