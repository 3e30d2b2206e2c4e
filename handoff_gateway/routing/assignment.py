"""Gives waiting conversations to agents, woken by whatever may have made room: never by a clock tick."""

from __future__ import annotations

import asyncio
import logging

from handoff_gateway.core.commands import Assign
from handoff_gateway.core.events import OwnerChanged
from handoff_gateway.core.presence import PresenceBoard
from handoff_gateway.errors import GatewayError, RefusedError, UnavailableError
from handoff_gateway.live.board import Board
from handoff_gateway.live.desk import Desk
from handoff_gateway.routing.routing import Assignment, Candidate, Waiting, assign
from handoff_gateway.store.execution import Outcome
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock

RETRY_S = 1.0  # after the database refused

logger = logging.getLogger(__name__)


class Assigner:
    """Owns the task that assigns."""

    def __init__(self, desk: Desk, board: Board, presence: PresenceBoard, clock: Clock) -> None:
        self._desk = desk
        self._board = board
        self._presence = presence
        self._clock = clock
        self._tasks = TaskOwner()
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Begin to assign."""
        self._tasks.last(self._run)

    def wake(self) -> None:
        """Look again: somebody may wait, or somebody may have room."""
        self._wake.set()

    def observe(self, outcome: Outcome) -> None:
        """Wake up for each change of owner."""
        for item in outcome.recorded:
            if isinstance(item.event, OwnerChanged):
                if item.event.agent is not None:
                    self._presence.busy(item.event.agent.id, item.at)
                self.wake()

    async def aclose(self) -> None:
        """Stop assigning."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        self.wake()  # also when it begins anew
        while True:
            await self._wake.wait()
            self._wake.clear()
            for assignment in await self._plan():
                await self._give(assignment)

    async def _plan(self) -> list[Assignment]:
        """Read teams and profiles anew each time: an administrator may have changed them in another process."""
        present = {agent.agent.id: agent for agent in self._presence.present(self._clock())}
        if not present or not self._board.waiting():
            return []
        try:
            teams, profiles = await self._desk.teams_and_profiles(present)
        except UnavailableError as error:
            await self._later(error)
            return []
        candidates = [
            Candidate(
                agent=present[profile.account_id].agent,
                capacity=profile.capacity,
                held=len(self._board.held_by(profile.account_id)),
                idle_since=present[profile.account_id].idle_since,
                languages=profile.languages,
                skills=profile.skills,
                teams=profile.teams,
            )
            for profile in profiles.values()
        ]
        waiting = [
            Waiting(
                conversation_id=entry.id,
                epoch=entry.state.epoch,
                released_by=entry.state.released_by,
                team=entry.state.team,
                language=entry.state.handoff_language or entry.state.language,
            )
            for entry in self._board.waiting()
        ]
        return assign(waiting, candidates, self._clock(), teams)

    async def _give(self, assignment: Assignment) -> None:
        """Compare and set: a conversation or an agent that changed meanwhile is simply looked at again."""
        try:
            command = Assign(assignment.agent, assignment.epoch, assignment.team)
            await self._desk.perform(assignment.conversation_id, command)
        except UnavailableError as error:
            await self._later(error)
        except RefusedError as error:
            logger.info("an assignment came too late: %s", error, extra={"code": error.code})
        except GatewayError:
            # One conversation that cannot be read must not keep all others waiting.
            logger.exception("assigning failed", extra={"conversation_id": assignment.conversation_id})

    async def _later(self, error: UnavailableError) -> None:
        logger.warning("assigning waits for the database: %s", error)
        await asyncio.sleep(RETRY_S)
        self.wake()
