"""What the knowledge base is told: how customers rated its answers, and what a missing answer cost an agent.

A conversation never waits for this. A report that cannot be delivered is tried again a few times, then dropped and
counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from handoff_gateway.core.events import Cause, FeedbackGiven, HandedOff, MessagePosted, Owner, OwnerChanged, Recorded
from handoff_gateway.errors import RefusedError, UnavailableError
from handoff_gateway.live.desk import Desk
from handoff_gateway.store.execution import Outcome
from handoff_gateway.store.log import READ_LIMIT
from handoff_gateway.tasks import TaskOwner

MOST_WAITING = 200  # reports at once; while the knowledge base is away more of them are not worth the memory
PAUSES_S = (1.0, 5.0, 20.0)  # before each further attempt: a restart of the knowledge base takes about ten seconds
MISSING_ANSWER = frozenset({"low_confidence", "repeated_question"})  # reasons that say something about the articles

logger = logging.getLogger(__name__)


class Listener(Protocol):
    """The knowledge base as far as it is told something."""

    async def report(self, route: str, body: Mapping[str, Any]) -> None:
        """Deliver one report. Raises UnavailableError when it may be tried again, RefusedError when not."""


class ReportMeter(Protocol):
    """Counts reports."""

    def report(self, kind: str, result: str) -> None:
        """Note one report: delivered, refused or dropped."""


class KnowledgeReports:
    """Watches what is committed and reports what concerns the knowledge base."""

    def __init__(
        self, desk: Desk, knowledge: Listener, meter: ReportMeter, pauses_s: Sequence[float] = PAUSES_S
    ) -> None:
        self._desk = desk
        self._knowledge = knowledge
        self._meter = meter
        self._pauses_s = pauses_s
        self._tasks = TaskOwner()
        self._waiting = 0

    def observe(self, outcome: Outcome) -> None:
        """Take up a verdict on an answer, and the end of what an agent did."""
        for item in outcome.recorded:
            match item.event:
                case FeedbackGiven(about=about, helpful=helpful):
                    self._start("feedback", self._verdict(outcome.entry.id, about, helpful))
                case OwnerChanged(owner=Owner.NOBODY, cause=Cause.CLOSED) if outcome.previous_owner is Owner.AGENT:
                    self._start("minutes", self._minutes(outcome.entry.id, item))

    async def aclose(self) -> None:
        """Stop; what is not delivered is lost."""
        await self._tasks.aclose()

    def _start(self, kind: str, work: Any) -> None:
        if self._waiting >= MOST_WAITING:
            work.close()
            self._meter.report(kind, "dropped")
            return
        self._waiting += 1
        self._tasks.start(self._counted(work))

    async def _counted(self, work: Any) -> None:
        try:
            await work
        finally:
            self._waiting -= 1

    async def _verdict(self, conversation_id: str, about: int, helpful: bool) -> None:
        """Tell what a customer thought of one answer; a message that was no answer concerns nobody."""
        found = await self._read("feedback", conversation_id, about - 1)
        event = found[0].event if found else None
        answer = event.extras.get("answer") if isinstance(event, MessagePosted) else None
        query_id = answer.get("query_id") if isinstance(answer, dict) else None
        if isinstance(query_id, str) and query_id:
            await self._deliver("feedback", "/v1/feedback", {"query_id": query_id, "helpful": helpful})

    async def _minutes(self, conversation_id: str, closed: Recorded) -> None:
        """Tell how long an agent was busy, when the conversation had been handed off for want of an answer."""
        events = await self._read("minutes", conversation_id, max(0, closed.seq - READ_LIMIT))
        cost = agent_minutes([item for item in events if item.episode == closed.episode and item.seq <= closed.seq])
        if cost is not None:
            query_id, minutes = cost
            await self._deliver("minutes", "/v1/gaps/minutes", {"query_id": query_id, "minutes": minutes})

    async def _read(self, kind: str, conversation_id: str, after: int) -> list[Recorded]:
        try:
            return await self._desk.read(conversation_id, after)
        except UnavailableError as error:
            logger.warning("a report to the knowledge base was dropped: %s", error)
            self._meter.report(kind, "dropped")
            return []

    async def _deliver(self, kind: str, route: str, body: Mapping[str, Any]) -> None:
        for pause_s in (0.0, *self._pauses_s):
            await asyncio.sleep(pause_s)
            try:
                await self._knowledge.report(route, body)
            except UnavailableError:
                continue
            except RefusedError as error:
                logger.warning("the knowledge base refused a report: %s", error)
                self._meter.report(kind, "refused")
                return
            self._meter.report(kind, "delivered")
            return
        logger.warning("a report to the knowledge base was dropped", extra={"route": route})
        self._meter.report(kind, "dropped")


def agent_minutes(events: Sequence[Recorded]) -> tuple[str, float] | None:
    """Return the query that found no answer and the minutes agents held the conversation after it; pure.

    Args:
        events: of one episode, in order, up to its close.
    """
    query_id, since, seconds = "", None, 0.0
    for item in events:
        match item.event:
            case HandedOff(reason=reason, query_id=given):
                query_id = (given or "") if reason in MISSING_ANSWER else ""
                seconds = 0.0
            case OwnerChanged(owner=owner):
                if since is not None:
                    seconds += (item.at - since).total_seconds()
                since = item.at if owner is Owner.AGENT else None
    return (query_id, round(seconds / 60, 4)) if query_id and seconds > 0 else None
