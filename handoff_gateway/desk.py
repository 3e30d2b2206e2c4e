"""The one door to a conversation: load, decide, append, commit, then tell those who follow it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping

from sqlalchemy import Connection

from handoff_gateway import log
from handoff_gateway.commands import Command
from handoff_gateway.conversation import Conversation
from handoff_gateway.database import Database
from handoff_gateway.errors import UnauthorizedError
from handoff_gateway.events import Recorded
from handoff_gateway.lines import primary_language
from handoff_gateway.log import Customer, Entry, Outcome, Query
from handoff_gateway.tasks import TaskOwner
from handoff_gateway.times import Clock

TOKEN_BYTES = 32  # beyond guessing; only the hash is stored
ID_BYTES = 12

Observer = Callable[[Outcome], None]
logger = logging.getLogger(__name__)


class Desk:
    """Performs commands on conversations.

    Observers are called on the loop after each commit, in commit order, and must not block.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._tasks = TaskOwner()
        self._observers: list[Observer] = []

    def observe(self, observer: Observer) -> None:
        """Call `observer` with the outcome of every command that recorded something."""
        self._observers.append(observer)

    async def perform(self, conversation_id: str, command: Command) -> Outcome:
        """Carry out `command`. Raises RefusedError.

        A caller that is cancelled meanwhile does not stop it: what was committed is also told.
        """
        return await asyncio.shield(self._tasks.start(self._perform(conversation_id, command), watched=True))

    async def _perform(self, conversation_id: str, command: Command) -> Outcome:
        outcome = await self._database.write(lambda tx: log.execute(tx, conversation_id, command, self._clock()))
        if outcome.recorded:
            for observer in self._observers:
                observer(outcome)
        return outcome

    async def welcome(
        self, token: str | None, language: str | None, page: Mapping[str, str] | None
    ) -> tuple[Entry, str]:
        """Return the conversation of the customer with `token`, or of a new customer, and their token.

        Raises:
            UnauthorizedError: the token is not one this gateway gave out.
        """
        if token:
            return await self._returning(token, language, page), token
        token = secrets.token_urlsafe(TOKEN_BYTES)
        customer = Customer(f"cus_{secrets.token_hex(ID_BYTES)}", None, verified=False)
        new = Conversation(f"con_{secrets.token_hex(ID_BYTES)}", primary_language(language))

        def start(tx: Connection) -> Entry:
            entry = log.start(tx, new, customer, hash_token(token), self._clock())
            return log.arrive(tx, entry.id, None, page) if page is not None else entry

        return await self._database.write(start), token

    async def _returning(self, token: str, language: str | None, page: Mapping[str, str] | None) -> Entry:
        entry = await self._database.read(lambda tx: log.by_token(tx, hash_token(token)))
        if entry is None:
            raise UnauthorizedError("token: not known here; say hello without one to start anew")
        spoken = None if language is None else primary_language(language)
        if (spoken in {None, entry.state.language}) and (page is None or page == entry.page):
            return entry
        return await self._database.write(lambda tx: log.arrive(tx, entry.id, spoken, page))

    async def entry(self, conversation_id: str) -> Entry:
        """Return one conversation. Raises NotFoundError."""
        return await self._database.read(lambda tx: log.load(tx, conversation_id))

    async def read(self, conversation_id: str, after: int) -> list[Recorded]:
        """Return the next events after seq `after`, at most `log.READ_LIMIT`."""
        return await self._database.read(lambda tx: log.read(tx, conversation_id, after))

    async def find(self, query: Query) -> tuple[list[Entry], str | None]:
        """Return one page of conversations and the cursor of the next."""
        return await self._database.read(lambda tx: log.find(tx, query))

    async def waiting_or_held(self) -> list[Entry]:
        """Return every conversation that waits or is held by an agent."""
        return await self._database.read(log.waiting_or_held)

    async def owed(self) -> list[str]:
        """Return the ids of conversations in which the bot owes an answer."""
        return await self._database.read(log.owed)

    async def recent_waits(self, count: int) -> list[float]:
        """Return the seconds of the last `count` waits in the queue."""
        return await self._database.read(lambda tx: log.recent_waits(tx, count))

    async def aclose(self) -> None:
        """Finish the commands that have begun."""
        await self._tasks.finish()


def hash_token(token: str) -> str:
    """Return what is stored of a token. The token is random, so no salt and no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
