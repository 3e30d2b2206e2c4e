"""Lets what is due happen: one task that sleeps until the next deadline, woken when an earlier one comes up.

Deadlines of conversations are in the database (see `deadlines`), and so is since when an agent has no socket; so a
restart loses none, and what came due meanwhile happens at the start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from handoff_gateway.core.commands import Rescue, Tick
from handoff_gateway.core.presence import PresenceBoard
from handoff_gateway.errors import GatewayError, StaleEpochError, UnavailableError
from handoff_gateway.live.board import Board
from handoff_gateway.live.desk import Desk
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.projection import Entry
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock

BATCH = 50  # conversations whose deadlines are carried out between two looks at the database
LONGEST_SLEEP_S = 3600.0  # a machine that was suspended, or whose clock was set, looks again within the hour
RETRY_S = 1.0  # after the database refused, or said that an agent who is missed here is there

logger = logging.getLogger(__name__)


class Timekeeper:
    """Owns the task that keeps time.

    Args:
        rescue_s: seconds an agent without a socket keeps conversations.
        first_reply_s: seconds an agent who is away or offline, and does nothing, may leave a customer unanswered.
    """

    def __init__(
        self, desk: Desk, board: Board, presence: PresenceBoard, clock: Clock, *, rescue_s: float, first_reply_s: float
    ) -> None:
        self._desk = desk
        self._board = board
        self._presence = presence
        self._clock = clock
        self._rescue_after = timedelta(seconds=rescue_s)
        self._first_reply = timedelta(seconds=first_reply_s)
        self._tasks = TaskOwner()
        self._wake = asyncio.Event()
        self._until: datetime | None = None  # the next deadline, as far as it is known
        self._asleep = False

    async def start(self) -> None:
        """Miss those who hold conversations from now on, or since they were missed before the start; begin."""
        holders = {entry.state.agent.id: entry.state.agent for entry in self._board.held() if entry.state.agent}
        for agent_id, gone_at in (await self._desk.missing(list(holders))).items():
            self._presence.missing(holders[agent_id], gone_at)
        await self._desk.arm()
        self._tasks.last(self._run)

    def wake(self) -> None:
        """Look again: an agent went, or the clock was moved."""
        self._wake.set()

    def observe(self, outcome: Outcome) -> None:
        """Note a deadline earlier than those known, and wake up for it."""
        for at in (outcome.entry.next_due, self._neglected_at(outcome), self._missed_at(outcome)):
            if at is not None and (self._until is None or at < self._until):
                self._until = at
                if self._asleep:
                    self._wake.set()

    def _neglected_at(self, outcome: Outcome) -> datetime | None:
        """Return when somebody has left the customer unanswered for too long, should the holder be away."""
        care = outcome.entry.state.care
        if care.held_since is None or care.unanswered_since is None:
            return None
        return max(care.held_since, care.unanswered_since) + self._first_reply

    def _missed_at(self, outcome: Outcome) -> datetime | None:
        """Return when to take it from an agent who had gone before it was given to them."""
        agent = outcome.entry.state.agent
        gone_at = None if agent is None or not outcome.owner_changed else self._presence.gone_at(agent.id)
        return None if gone_at is None else gone_at + self._rescue_after

    def _neglected(self) -> Iterator[tuple[Entry, datetime]]:
        """Yield what is held by agents who have turned away while the customer waits for an answer, and until when."""
        for agent_id, acted_at in self._presence.turned_away():
            for entry in self._board.held_by(agent_id):
                care = entry.state.care
                if care.unanswered_since is not None and care.held_since is not None:
                    yield entry, max(acted_at, care.held_since, care.unanswered_since) + self._first_reply

    async def aclose(self) -> None:
        """Stop keeping time; what comes due meanwhile happens at the next start."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._until = None
            try:
                as_known = await self._carry_out()
                found = await self._next()
            except UnavailableError as error:
                logger.warning("deadlines wait for the database: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            # What was noted meanwhile may have been committed just after the database was asked.
            self._until = min(filter(None, (found, self._until)), default=None)
            await self._sleep(0.0 if as_known else RETRY_S)

    async def _sleep(self, least_s: float) -> None:
        seconds = LONGEST_SLEEP_S
        if self._until is not None:
            seconds = min(seconds, max(least_s, (self._until - self._clock()).total_seconds()))
        timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)
        self._asleep = True
        try:
            await self._wake.wait()
        finally:
            self._asleep = False
            timer.cancel()

    async def _carry_out(self) -> bool:
        """Let what is due happen; return whether the database agreed about the agents who are missed here."""
        as_known = True
        for agent_id, gone_at in self._presence.absent():
            if gone_at + self._rescue_after <= self._clock():
                for entry in self._board.held_by(agent_id):
                    if entry.state.agent is not None and self._presence.gone_at(agent_id) == gone_at:
                        as_known &= await self._perform(entry.id, Rescue(entry.state.agent, entry.state.epoch))
        for entry, until in list(self._neglected()):
            if until <= self._clock() and entry.state.agent is not None:
                rescue = Rescue(entry.state.agent, entry.state.epoch, entry.state.care.unanswered_since)
                as_known &= await self._perform(entry.id, rescue)
        while due := await self._desk.due(BATCH):
            for conversation_id in due:
                await self._perform(conversation_id, Tick())
            if len(due) < BATCH:
                break
        return as_known

    async def _perform(self, conversation_id: str, command: Tick | Rescue) -> bool:
        """Carry out a command; return False when it came too late."""
        try:
            await self._desk.perform(conversation_id, command)
        except UnavailableError:
            raise
        except StaleEpochError as error:
            logger.info("somebody was quicker than a deadline: %s", error, extra={"conversation_id": conversation_id})
            return False
        except GatewayError:
            # One conversation that cannot be read must not stop the clock for all others.
            logger.exception("a deadline could not be met", extra={"conversation_id": conversation_id})
            await asyncio.sleep(RETRY_S)
        return True

    async def _next(self) -> datetime | None:
        found = [gone_at + self._rescue_after for agent_id, gone_at in self._presence.absent() if self._holds(agent_id)]
        found += [until for _, until in self._neglected()]
        if (next_due := await self._desk.next_due()) is not None:
            found.append(next_due)
        return min(found, default=None)

    def _holds(self, agent_id: str) -> bool:
        return bool(self._board.held_by(agent_id))
