"""This gateway process among the others: alive, and heir to those that have died.

Each process raises a number in the database. One whose number stands still is forgotten by whoever sees it first, in
one transaction, together with what it had taken on: its agents are gone from then on, its bot turns are owed anew.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection

from handoff_gateway.errors import StartupError, UnavailableError
from handoff_gateway.live.news import Channel, News, Topic
from handoff_gateway.store import processes
from handoff_gateway.store.database import Database
from handoff_gateway.store.processes import Staffing
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock

BEATS_A_LEASE = 4  # a process may miss two of them, by a full disk or a busy processor
LONGEST_ASKING_S = 0.5  # for the database's time, which may be wrong by half of it

logger = logging.getLogger(__name__)


class Membership:
    """Beats, and watches the others beat.

    Args:
        secrets_digest: of the secrets on which tokens and stored data rest; all processes must have the same.
        lease_s: seconds after which a process that does not beat counts as dead.
        present: returns the ids of the agents who have sockets here.
        agree: told the database's time, and the monotonic time at which it was that.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        channel: Channel,
        *,
        secrets_digest: str,
        lease_s: float,
        present: Callable[[], Iterable[str]],
        agree: Callable[[datetime, float], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._channel = channel
        self._secrets = secrets_digest
        self._lease_s = lease_s
        self._present = present
        self._agree = agree
        self._inherited: Callable[[], None] = lambda: None
        self._id = _new_id()
        self._seen: dict[str, tuple[int, float]] = {}  # of the others: the last beat, and when it was new
        self._tasks = TaskOwner()

    async def start(self, inherited: Callable[[], None]) -> None:
        """Join the others and begin to beat. Raises StartupError when they have other secrets.

        Args:
            inherited: called when bot turns may be owed that nobody is at, or agents may be gone.
        """
        self._inherited = inherited
        await self._meet_strangers()
        await self._compare_clocks()
        await self._join()
        self._tasks.last(self._run)

    async def aclose(self) -> None:
        """Leave, and let the others have what is unfinished."""
        await self._tasks.aclose()
        try:
            await self._database.write(lambda tx: processes.bury(tx, self._id, None, self._clock()))
        except UnavailableError as error:
            logger.warning("the others will notice by themselves that this process has gone: %s", error)
            return
        self._channel.tell(News(Topic.STAFF))
        self._channel.tell(News(Topic.TURNS))

    # --- what this process takes on ---

    async def attend(self, account_id: str, gone_at: datetime | None) -> None:
        """Write down that an agent has a socket here, or since when none any more."""

        def write(tx: Connection) -> None:
            if gone_at is None:
                processes.came(tx, self._id, account_id)
            else:
                processes.left(tx, self._id, account_id, gone_at)

        await self._database.write(write)
        self._channel.tell(News(Topic.STAFF))

    async def staffing(self) -> Staffing:
        """Return who is at the desk, here and elsewhere."""
        return await self._database.read(lambda tx: processes.staffing(tx, self._id))

    async def take(self, conversation_id: str) -> bool:
        """Take on a conversation's bot turns; return False when another process has.

        A process that was taken for dead does not: it joins anew, and then looks for all turns owed.
        """
        return bool(await self._database.write(lambda tx: processes.lease(tx, self._id, conversation_id)))

    async def release(self, conversation_id: str) -> bool:
        """Let others have them; return whether a turn is owed that they could not know they may take on."""
        return await self._database.write(lambda tx: processes.release(tx, self._id, conversation_id))

    # --- life and death ---

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._lease_s / BEATS_A_LEASE)
            try:
                await self._beat()
                await self._compare_clocks()
            except UnavailableError as error:
                logger.warning("this process cannot say that it is alive: %s", error)

    async def _beat(self) -> None:
        others = await self._database.write(lambda tx: processes.beat(tx, self._id))
        if others is None:
            logger.warning("this process was so busy that another took it for dead; it joins anew")
            self._id = _new_id()
            await self._join()
            self._inherited()
            return
        for process_id in self._still(others):
            if await self._bury(process_id, others[process_id]):
                logger.warning("another process has died; its work goes on", extra={"gateway": process_id})
                self._channel.tell(News(Topic.STAFF))
                self._inherited()

    async def _compare_clocks(self) -> None:
        """Ask the database what time it is; an answer that took long is worth nothing."""

        def ask(tx: Connection) -> tuple[datetime | None, float, float]:
            asked = time.monotonic()
            return processes.now(tx), asked, time.monotonic()

        theirs, asked, answered = await self._database.read(ask)
        if theirs is not None and answered - asked <= LONGEST_ASKING_S:
            self._agree(theirs, (asked + answered) / 2)

    def _still(self, others: dict[str, int]) -> list[str]:
        """Return whose beat has not changed for a lease, by this process's own clock."""
        now = asyncio.get_running_loop().time()
        self._seen = {
            each: self._seen[each] if each in self._seen and self._seen[each][0] == beat else (beat, now)
            for each, beat in others.items()
        }
        return [each for each, (_, since) in self._seen.items() if now - since >= self._lease_s]

    async def _bury(self, process_id: str, last_beat: int) -> bool:
        return await self._database.write(lambda tx: processes.bury(tx, process_id, last_beat, self._clock()))

    async def _join(self) -> None:
        here = sorted(self._present())

        def write(tx: Connection) -> None:
            processes.join(tx, self._id, self._secrets, self._clock())
            for account_id in here:
                processes.came(tx, self._id, account_id)

        await self._database.write(write)
        self._channel.tell(News(Topic.STAFF))

    async def _meet_strangers(self) -> None:
        """Tell processes with other secrets that are alive from those that an earlier system has left behind."""
        before = await self._database.read(lambda tx: processes.strangers(tx, self._secrets))
        if not before:
            return
        await asyncio.sleep(self._lease_s)
        after = await self._database.read(lambda tx: processes.strangers(tx, self._secrets))
        for process_id, beat in after.items():
            if before.get(process_id) != beat:
                raise StartupError(
                    "Other gateway processes over this database have other secrets: give all the same "
                    "files in $TANDEM_VAR/secrets."
                )
            await self._bury(process_id, beat)


def _new_id() -> str:
    return f"gw_{secrets.token_hex(8)}"
