"""Lets data go: on request, when its time is over; in the knowledge base and the bot too. A task, asleep until due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from handoff_gateway.core.commands import EndEpisode
from handoff_gateway.core.events import Owner
from handoff_gateway.errors import BotUnavailableError, GatewayError, RefusedError, UnavailableError
from handoff_gateway.live.crowd import Crowd
from handoff_gateway.live.desk import Desk
from handoff_gateway.live.news import Channel, News, Topic
from handoff_gateway.privacy import erasure
from handoff_gateway.privacy.erasure import Found, Receipt
from handoff_gateway.store import audit, originals
from handoff_gateway.store.database import Database
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock

BATCH = 20  # customers erased between two looks at the database: others write meanwhile
RETRY_S = 60.0  # after the database, the knowledge base or the bot refused
LONGEST_SLEEP_S = 3600.0  # a machine that was suspended, or whose clock was set, looks again within the hour
ERASED = 1008  # close code: the conversation is gone

logger = logging.getLogger(__name__)


class ForgetfulBase(Protocol):
    """The knowledge base as far as it forgets."""

    async def report(self, route: str, body: Mapping[str, Any]) -> None:
        """Deliver a message. Raises UnavailableError when it may be tried again, RefusedError when not."""


class ForgetfulBot(Protocol):
    """The bot as far as it forgets."""

    async def forget(self, conversation_id: str) -> None:
        """Drop what is in its memory. Raises BotUnavailableError: it may be tried again."""


class Keeper:
    """Erases customers and what is too old.

    Args:
        reveal: how long what was masked is kept.
        retention: how long a conversation is kept after its last change; None for ever.
    """

    def __init__(
        self,
        desk: Desk,
        database: Database,
        crowd: Crowd,
        channel: Channel,
        knowledge: ForgetfulBase,
        bot: ForgetfulBot,
        clock: Clock,
        *,
        reveal: timedelta,
        retention: timedelta | None,
    ) -> None:
        self._desk = desk
        self._database = database
        self._crowd = crowd
        self._channel = channel
        self._knowledge = knowledge
        self._bot = bot
        self._clock = clock
        self._reveal = reveal
        self._retention = retention
        self._tasks = TaskOwner()
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Begin; what came due while the gateway was down happens at once."""
        self._tasks.last(self._run)

    def wake(self) -> None:
        """Look again: something is owed, or the clock was moved."""
        self._wake.set()

    async def aclose(self) -> None:
        """Stop; what is owed stays owed in the database."""
        await self._tasks.aclose()

    async def export(self, name: str, by: str) -> dict[str, Any]:
        """Return everything that is kept of a customer. Raises NotFoundError."""
        now = self._clock()
        return await self._database.write(lambda tx: erasure.export(tx, erasure.find(tx, name), now, by))

    async def erase(self, name: str, by: str) -> Receipt:
        """Erase a customer, whatever they are doing. Raises NotFoundError."""
        return await self._erase(await self._database.read(lambda tx: erasure.find(tx, name)), by)

    async def _erase(self, found: Found, by: str) -> Receipt:
        # End it as the customer would, so that queue, agent and bot let go of it; then nothing is left to let go of.
        if found.owner is not Owner.NOBODY:
            await self._desk.perform(found.conversation_id, EndEpisode())
        self._crowd.send_away(found.conversation_id, ERASED, "this conversation was erased")
        receipt = await self._database.write(lambda tx: erasure.erase(tx, found, self._clock(), by))
        self._desk.forget(found.conversation_id)
        self._crowd.erased(found.conversation_id)
        self._channel.tell(News(Topic.ERASED, found.conversation_id))
        self.wake()
        return receipt

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._let_go()
                later = await self._told()
                seconds = await self._until_next() if later else RETRY_S
            except UnavailableError as error:
                logger.warning("letting data go waits for the database: %s", error)
                seconds = RETRY_S
            timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                timer.cancel()

    async def _let_go(self) -> None:
        now, retention = self._clock(), self._retention
        await self._database.write(lambda tx: originals.destroy(tx, now - self._reveal))
        while retention is not None:
            found = await self._database.read(partial(erasure.outdated, before=now - retention, limit=BATCH))
            gone = [await self._erased(each) for each in found]
            if len(found) < BATCH or not any(gone):
                return

    async def _erased(self, found: Found) -> bool:
        """Erase what is too old; return whether it is gone. Raises UnavailableError."""
        try:
            await self._erase(found, audit.GATEWAY)
        except UnavailableError:
            raise
        except RefusedError as error:  # the customer has come back in this moment
            logger.info("a conversation was kept: %s", error, extra={"conversation_id": found.conversation_id})
            return False
        except GatewayError:
            # One conversation that cannot be read must not keep all others for ever.
            logger.exception("a conversation cannot be erased", extra={"conversation_id": found.conversation_id})
            return False
        return True

    async def _told(self) -> bool:
        """Tell the knowledge base and the bot what to forget; return whether nothing is owed any more."""
        bot_listens = all_taken = True
        for owed_id, body in await self._database.read(erasure.owed):
            try:
                await self._knowledge.report("/v1/forget", body)
            except UnavailableError as error:
                logger.warning("forgetting waits for the knowledge base: %s", error)
                return False
            except RefusedError as error:
                logger.error("the knowledge base does not forget: %s", error)
                all_taken = False
                continue
            bot_listens = bot_listens and await self._bot_forgot(body["conversation_id"])
            if bot_listens:
                await self._database.write(partial(erasure.forgotten, owed_id=owed_id))
        return bot_listens and all_taken

    async def _bot_forgot(self, conversation_id: str) -> bool:
        try:
            await self._bot.forget(conversation_id)
        except BotUnavailableError as error:
            logger.warning("forgetting waits for the bot: %s", error)
            return False
        return True

    async def _until_next(self) -> float:
        now = self._clock()
        due: list[datetime] = [now + timedelta(seconds=LONGEST_SLEEP_S)]
        if (kept := await self._database.read(originals.oldest)) is not None:
            due.append(kept + self._reveal)
        if self._retention is not None and (touched := await self._database.read(erasure.oldest)) is not None:
            due.append(touched + self._retention)
        return max(0.05, (min(due) - now).total_seconds() + 0.001)
