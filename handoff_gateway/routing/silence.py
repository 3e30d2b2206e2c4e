"""Agents who are online, are given conversations, and do not act: they are set away, before more wait for them.

The count is kept in memory only: after a restart, which is rare, an agent is merely given one more chance.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from handoff_gateway.core.events import AlertRaised, Cause, MessagePosted, OwnerChanged, Role
from handoff_gateway.routing.staff import Staff
from handoff_gateway.store.execution import Outcome
from handoff_gateway.times import Clock

TOLD_EVERY = timedelta(seconds=1)  # and agent: far below any time for a first reply

logger = logging.getLogger(__name__)


class Silence:
    """Counts the conversations in a row that were taken from an agent who gave no first reply.

    Args:
        first_reply_s: seconds an agent has for it.
        most: so many in a row, and the agent is set away; 0 for never.
        told: lets other processes know that an account acted here; all count, as an agent may go from one to another.
    """

    def __init__(
        self,
        staff: Staff,
        clock: Clock,
        *,
        first_reply_s: float,
        most: int,
        told: Callable[[str], None] = lambda _account_id: None,
    ) -> None:
        self._staff = staff
        self._clock = clock
        self._first_reply = timedelta(seconds=first_reply_s)
        self._most = most
        self._told = told
        self._told_at: dict[str, datetime] = {}
        self._missed: dict[str, int] = {}
        self._acted_at: dict[str, datetime] = {}

    def acted(self, account_id: str) -> None:
        """Note that an agent did something with a conversation, or said that they are there."""
        self.acted_elsewhere(account_id)
        now, told_at = self._clock(), self._told_at.get(account_id)
        if told_at is None or now - told_at >= TOLD_EVERY:
            self._told_at[account_id] = now
            self._told(account_id)

    def acted_elsewhere(self, account_id: str) -> None:
        """Note that an agent did something at another process."""
        self._acted_at[account_id] = self._clock()
        self._staff.acted(account_id)
        self._missed.pop(account_id, None)

    def observe(self, outcome: Outcome) -> None:
        """Follow one commit: a message of an agent, or a conversation taken from one who was silent."""
        events = [item.event for item in outcome.recorded]
        timed_out = any(isinstance(event, OwnerChanged) and event.cause is Cause.TIMED_OUT for event in events)
        for item in outcome.recorded:
            match item.event:
                case MessagePosted(role=Role.AGENT, agent_id=str(who)):
                    self.acted(who)
                case AlertRaised(agent=agent) if timed_out and agent is not None:
                    self._was_silent(agent.id, item.at)

    def _was_silent(self, account_id: str, at: datetime) -> None:
        """Count it, unless the agent was busy with another conversation meanwhile."""
        acted_at = self._acted_at.get(account_id)
        if acted_at is not None and acted_at > at - self._first_reply:
            return
        missed = self._missed[account_id] = self._missed.get(account_id, 0) + 1
        if self._staff.only_elsewhere(account_id):
            return  # a process where they are counts the same, and knows best
        if self._most and missed >= self._most and self._staff.is_online(account_id):
            logger.info("an agent is set away for being silent", extra={"account_id": account_id, "missed": missed})
            self._missed.pop(account_id)
            self._staff.set_away(account_id, missed)
