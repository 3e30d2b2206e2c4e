"""Agents coming, going and choosing whether they can be given conversations."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from handoff_gateway.access.auth import Auth
from handoff_gateway.core.permissions import Right, may
from handoff_gateway.core.presence import Presence, PresenceBoard, Seen
from handoff_gateway.errors import UnavailableError
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.link import Link
from handoff_gateway.routing.assignment import Assigner
from handoff_gateway.routing.attendance import Attendance
from handoff_gateway.routing.timekeeper import Timekeeper
from handoff_gateway.store.accounts import Account
from handoff_gateway.store.processes import Staffing
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock

RETRY_S = 1.0  # after the database refused to take down who is there
SILENT = "silent"  # why somebody was set away: conversations were given to them, and nothing came
logger = logging.getLogger(__name__)


Attend = Callable[[str, datetime | None], Awaitable[None]]


class Staff:
    """Keeps presence, and wakes whoever depends on it.

    Args:
        attend: writes down that an agent has a socket here, or since when none any more.
        chosen: called after an agent has chosen, for the other processes.
    """

    def __init__(
        self,
        auth: Auth,
        presence: PresenceBoard,
        crowd: Crowd,
        assigner: Assigner,
        timekeeper: Timekeeper,
        attendance: Attendance,
        clock: Clock,
        grace_s: float,
        *,
        attend: Attend,
        chosen: Callable[[], None] = lambda: None,
    ) -> None:
        self._auth = auth
        self._presence = presence
        self._crowd = crowd
        self._assigner = assigner
        self._timekeeper = timekeeper
        self._attendance = attendance
        self._clock = clock
        self._grace_s = grace_s
        self._attend = attend
        self._chosen = chosen
        self._staffing: Staffing | None = None
        self._tasks = TaskOwner()
        self._silent: set[str] = set()  # set away for it, and that is not written down yet
        self._to_note: dict[str, datetime | None] = {}  # what is being written down of whom

    def came(self, account: Account, link: Link) -> None:
        """Note an agent's new socket."""
        answers = may(account.roles, Right.ANSWER)
        chosen = self.presence_of(account)
        self._presence.connected(account.agent, chosen, account.capacity, answers=answers, now=self._clock())
        self._crowd.agent_came(account, link)
        self._note(account.id, None)
        self._changed()

    def left(self, account: Account, link: Link) -> None:
        """Note that a socket is gone; the agent counts as present for the grace time."""
        self._presence.disconnected(account.id, self._clock())
        self._crowd.agent_left(account.id, link)
        if (gone_at := self._presence.gone_at(account.id)) is not None:
            self._note(account.id, gone_at)
            self._timekeeper.wake()
        self._tasks.start(self._after_grace())

    async def choose(self, account: Account, presence: Presence) -> None:
        """Store and follow what an agent chose."""
        await self._auth.choose_presence(account.id, presence)
        self._presence.choose(account.id, presence)
        self._silent.discard(account.id)
        self._changed()
        self._timekeeper.wake()
        self._chosen()

    def set_away(self, account_id: str, missed: int) -> None:
        """Take a silent agent off, at once, and tell them why."""
        self._presence.choose(account_id, Presence.AWAY)
        self._silent.add(account_id)
        self._tasks.start(self._note_away(account_id))
        told = {"type": "presence", "state": Presence.AWAY.value, "cause": SILENT, "missed": missed}
        self._crowd.to_accounts({account_id}, told)
        self._changed()
        self._timekeeper.wake()

    def acted(self, account_id: str) -> None:
        """Note that an agent did something, here or at another process."""
        self._presence.acted(account_id, self._clock())

    def presence_of(self, account: Account) -> Presence:
        """Return what counts for an account: what it chose, unless it has been set away since."""
        return Presence.AWAY if account.id in self._silent else account.presence

    def why_away(self, account: Account) -> str | None:
        """Return why an agent was set away; None when they chose it, or are not."""
        return SILENT if account.id in self._silent else account.presence_cause

    def signed_out(self, account_id: str) -> None:
        """Note that an account signed out. Whoever else is signed in with it says hello again at once."""
        self._presence.signed_out(account_id)
        self._changed()

    def elsewhere(self, staffing: Staffing) -> None:
        """Follow who is at the desk at other processes, and what they chose there."""
        if staffing == self._staffing:
            return
        self._staffing = staffing
        self._presence.elsewhere(
            [
                Seen(
                    each.agent,
                    each.capacity,
                    each.presence,
                    may(each.roles, Right.ANSWER),
                    each.id in staffing.elsewhere,
                )
                for each in staffing.there
            ],
            {account.id: (account.agent, gone_at) for account, gone_at in staffing.gone},
            self._clock(),
        )
        self._changed()
        self._timekeeper.wake()
        self._tasks.start(self._after_grace())

    def online(self) -> int:
        """Return how many agents can be given conversations."""
        return len(self._presence.present(self._clock()))

    def is_online(self, agent_id: str) -> bool:
        """Return whether an agent can be given conversations."""
        return any(present.agent.id == agent_id for present in self._presence.present(self._clock()))

    def only_elsewhere(self, agent_id: str) -> bool:
        """Return whether an agent is at other processes only, which see what they do."""
        return self._presence.only_elsewhere(agent_id)

    async def aclose(self) -> None:
        """Stop waiting for anybody."""
        await self._tasks.aclose()

    def _note(self, account_id: str, gone_at: datetime | None) -> None:
        """Have it in the database: other processes rely on it, and a restart does not begin to miss an agent anew."""
        noting = account_id in self._to_note
        self._to_note[account_id] = gone_at
        if not noting:
            self._tasks.start(self._write_down(account_id))

    async def _write_down(self, account_id: str) -> None:
        """Write the newest, until the database takes it: who left unseen would be given conversations for ever."""
        while account_id in self._to_note:
            gone_at = self._to_note[account_id]
            try:
                await self._attend(account_id, gone_at)
            except UnavailableError as error:
                logger.warning("who is at the desk could not be written down: %s", error)
                await asyncio.sleep(RETRY_S)
                continue
            if self._to_note[account_id] == gone_at:
                del self._to_note[account_id]

    async def _note_away(self, account_id: str) -> None:
        while account_id in self._silent:  # else they have chosen since
            try:
                await self._auth.choose_presence(account_id, Presence.AWAY, SILENT)
                self._silent.discard(account_id)
            except UnavailableError as error:  # noqa: PERF203 - a second attempt is the purpose
                logger.warning("who was set away could not be written down: %s", error)
                await asyncio.sleep(RETRY_S)
        self._chosen()

    async def _after_grace(self) -> None:
        await asyncio.sleep(self._grace_s)
        self._changed()

    def _changed(self) -> None:
        self._assigner.wake()
        self._attendance.wake()
        self._crowd.queue_changed()
