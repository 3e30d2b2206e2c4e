"""Agents coming, going and choosing whether they can be given conversations."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

from handoff_gateway.access.auth import Auth
from handoff_gateway.core.permissions import Right, may
from handoff_gateway.core.presence import Presence, PresenceBoard
from handoff_gateway.errors import UnavailableError
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.link import Link
from handoff_gateway.routing.assignment import Assigner
from handoff_gateway.routing.timekeeper import Timekeeper
from handoff_gateway.store.accounts import Account
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock

logger = logging.getLogger(__name__)


class Staff:
    """Keeps presence, and wakes whoever depends on it."""

    def __init__(
        self,
        auth: Auth,
        presence: PresenceBoard,
        crowd: Crowd,
        assigner: Assigner,
        timekeeper: Timekeeper,
        clock: Clock,
        grace_s: float,
    ) -> None:
        self._auth = auth
        self._presence = presence
        self._crowd = crowd
        self._assigner = assigner
        self._timekeeper = timekeeper
        self._clock = clock
        self._grace_s = grace_s
        self._tasks = TaskOwner()

    def came(self, account: Account, link: Link) -> None:
        """Note an agent's new socket."""
        answers = may(account.roles, Right.ANSWER)
        self._presence.connected(account.agent, account.presence, account.capacity, answers=answers, now=self._clock())
        self._crowd.agent_came(account, link)
        self._tasks.start(self._note_gone(account.id, None))
        self._changed()

    def left(self, account: Account, link: Link) -> None:
        """Note that a socket is gone; the agent counts as present for the grace time."""
        self._presence.disconnected(account.id, self._clock())
        self._crowd.agent_left(account.id, link)
        if (gone_at := self._presence.gone_at(account.id)) is not None:
            self._tasks.start(self._note_gone(account.id, gone_at))
            self._timekeeper.wake()
        self._tasks.start(self._after_grace())

    async def choose(self, account: Account, presence: Presence) -> None:
        """Store and follow what an agent chose."""
        await self._auth.choose_presence(account.id, presence)
        self._presence.choose(account.id, presence)
        self._changed()

    def online(self) -> int:
        """Return how many agents can be given conversations."""
        return len(self._presence.present(self._clock()))

    def is_online(self, agent_id: str) -> bool:
        """Return whether an agent can be given conversations."""
        return any(present.agent.id == agent_id for present in self._presence.present(self._clock()))

    async def aclose(self) -> None:
        """Stop waiting for anybody."""
        await self._tasks.aclose()

    async def _note_gone(self, account_id: str, gone_at: datetime | None) -> None:
        """Have it in the database, so that a restart does not begin to miss an agent anew."""
        try:
            await self._auth.set_gone(account_id, gone_at)
        except UnavailableError as error:
            logger.warning("who is gone could not be written down: %s", error)

    async def _after_grace(self) -> None:
        await asyncio.sleep(self._grace_s)
        self._changed()

    def _changed(self) -> None:
        self._assigner.wake()
        self._crowd.queue_changed()
