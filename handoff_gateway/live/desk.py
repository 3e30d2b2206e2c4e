"""The one door to a conversation: load, decide, append, commit, then tell those who follow it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from handoff_gateway.core.commands import Command, Tick
from handoff_gateway.core.conversation import Conversation
from handoff_gateway.core.events import Recorded
from handoff_gateway.core.house import Limits
from handoff_gateway.core.lines import primary_language
from handoff_gateway.core.team import Team, Teams
from handoff_gateway.errors import UnauthorizedError
from handoff_gateway.store import accounts, log, projection, snapshot, team_store
from handoff_gateway.store.database import Database
from handoff_gateway.store.execution import Execution, Outcome
from handoff_gateway.store.projection import Customer, Entry, PickUp, Query
from handoff_gateway.store.recent import RecentEvents
from handoff_gateway.times import Clock
from handoff_gateway.tokens import TOKEN_BYTES, hash_token

ID_BYTES = 12

Observer = Callable[[Outcome], None]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a customer comes with: the language and time zone of their browser, and the page they are on."""

    language: str | None = None
    page: Mapping[str, str] | None = None
    time_zone: str | None = None


class Desk:
    """Performs commands on conversations.

    Observers are called on the loop after each commit, in commit order, and must not block.
    """

    def __init__(self, database: Database, clock: Clock, limits: Limits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._observers: list[Observer] = []
        self._recent = RecentEvents()

    def observe(self, observer: Observer) -> None:
        """Call `observer` with the outcome of every command that recorded something."""
        self._observers.append(observer)

    async def perform(self, conversation_id: str, command: Command) -> Outcome:
        """Carry out `command`. Raises RefusedError.

        A caller that is cancelled meanwhile does not stop it: what was committed is also told.
        """
        return await self.submit(conversation_id, command)

    def submit(self, conversation_id: str, command: Command) -> asyncio.Future[Outcome]:
        """Do as `perform`, without waiting: commands of one caller are carried out in the order submitted."""
        return self._database.submit(Execution(conversation_id, command, self._clock, self._limits), self._tell)

    def _tell(self, outcome: Outcome) -> None:
        if outcome.recorded:
            self._recent.add(outcome.entry.id, outcome.recorded)
            for observer in self._observers:
                observer(outcome)

    async def welcome(self, token: str | None, visit: Visit) -> tuple[Entry, str]:
        """Return the conversation of the customer with `token`, or of a new customer, and their token.

        Raises:
            UnauthorizedError: the token is not one this gateway gave out.
        """
        if token:
            return await self._returning(token, visit), token
        token = secrets.token_urlsafe(TOKEN_BYTES)
        customer, new = new_customer(visit.language)

        def start(tx: Connection) -> Entry:
            entry = projection.start(tx, new, customer, hash_token(token), self._clock())
            known = visit.page is None and visit.time_zone is None
            return entry if known else projection.arrive(tx, entry.id, None, visit.page, visit.time_zone)

        return await self._database.write(start), token

    async def _returning(self, token: str, visit: Visit) -> Entry:
        entry = await self._database.read(lambda tx: projection.by_token(tx, hash_token(token)))
        if entry is None:
            raise UnauthorizedError("token: not known here; say hello without one to start anew")
        return await self.note_visit(entry, visit)

    async def note_visit(self, entry: Entry, visit: Visit) -> Entry:
        """Keep what a customer comes back with."""
        spoken = None if visit.language is None else primary_language(visit.language)
        known = spoken in {None, entry.state.language} and visit.time_zone in {None, entry.time_zone}
        if known and visit.page in (None, entry.page):
            return entry
        return await self._database.write(
            lambda tx: projection.arrive(tx, entry.id, spoken, visit.page, visit.time_zone)
        )

    async def entry(self, conversation_id: str) -> Entry:
        """Return one conversation. Raises NotFoundError."""
        return await self._database.read(lambda tx: projection.load(tx, conversation_id))

    async def read(self, conversation_id: str, after: int) -> list[Recorded]:
        """Return the next events after seq `after`, at most `log.READ_LIMIT`."""
        if recent := self._recent.after(conversation_id, after):
            return recent
        return await self._database.read(lambda tx: log.read(tx, conversation_id, after))

    async def reached(self, conversation_ids: Sequence[str]) -> dict[str, int]:
        """Return the newest seq of each of these conversations; those that are gone are left out."""
        if not conversation_ids:
            return {}
        return await self._database.read(lambda tx: projection.reached(tx, conversation_ids))

    def forget(self, conversation_id: str) -> None:
        """Keep nothing of a conversation in memory; whoever erases it from the log must say so here."""
        self._recent.forget(conversation_id)
        snapshot.forget(conversation_id)

    def forget_all(self) -> None:
        """Keep no conversation in memory: some may have been erased unheard by another process."""
        self._recent.clear()
        snapshot.forget_all()

    async def find(self, query: Query) -> tuple[list[Entry], str | None]:
        """Return one page of conversations and the cursor of the next."""
        return await self._database.read(lambda tx: projection.find(tx, query))

    async def waiting_or_held(self) -> list[Entry]:
        """Return every conversation that waits or is held by an agent."""
        return await self._database.read(projection.waiting_or_held)

    async def owed(self) -> list[str]:
        """Return the ids of conversations in which the bot owes an answer."""
        return await self._database.read(projection.owed)

    async def recent_pick_ups(self, count: int) -> list[PickUp]:
        """Return the last `count` pick-ups, oldest first."""
        return await self._database.read(lambda tx: projection.recent_pick_ups(tx, count))

    async def due(self, limit: int) -> list[str]:
        """Return the conversations with a deadline that has come, the earliest first."""
        return await self._database.read(lambda tx: projection.due(tx, self._clock(), limit))

    async def next_due(self) -> datetime | None:
        """Return the earliest deadline of all."""
        return await self._database.read(projection.next_due)

    async def add_team(self, body: Mapping[str, Any]) -> Team:
        """Make a team. Raises BadFrameError."""
        return await self._database.write(lambda tx: team_store.add(tx, body, self._clock()))

    async def change_team(self, team_id: str, body: Mapping[str, Any]) -> Team:
        """Change the fields given. Raises NotFoundError or BadFrameError."""
        return await self._database.write(lambda tx: team_store.change(tx, team_id, body))

    async def remove_team(self, team_id: str) -> None:
        """Delete a team. Raises NotFoundError or ForbiddenError."""
        await self._database.write(lambda tx: team_store.remove(tx, team_id))

    async def agents(self) -> list[tuple[str, team_store.Profile]]:
        """Return name and profile of everybody who answers customers, by name."""

        def read(tx: Connection) -> list[tuple[str, team_store.Profile]]:
            able = {account.id: account for account in accounts.every(tx) if account.answers}
            found = team_store.profiles(tx, able, team_store.every(tx))
            return sorted(((able[who].name, profile) for who, profile in found.items()), key=lambda item: item[0])

        return await self._database.read(read)

    async def set_profile(
        self,
        account_id: str,
        *,
        capacity: int | None = None,
        languages: frozenset[str] | None = None,
        skills: frozenset[str] | None = None,
    ) -> team_store.Profile:
        """Change what an agent can be given. Raises NotFoundError."""
        return await self._database.write(
            lambda tx: team_store.set_profile(tx, account_id, capacity=capacity, languages=languages, skills=skills)
        )

    async def missing(self, agent_ids: list[str]) -> dict[str, datetime]:
        """Return since when each of these agents is gone, who hold conversations and are not here at a start."""
        return await self._database.write(lambda tx: accounts.missing(tx, agent_ids, self._clock()))

    async def arm(self) -> None:
        """Have waits without a deadline looked at; they come from a version that knew none."""
        await self._database.write(lambda tx: projection.arm(tx, self._clock()))

    async def rearm(self, team_id: str) -> None:
        """Reckon the deadlines of a team's conversations anew, after its hours or targets were changed."""
        for conversation_id in await self._database.read(lambda tx: projection.of_team(tx, team_id)):
            await self.perform(conversation_id, Tick())

    async def teams(self) -> Teams:
        """Return all teams."""
        return await self._database.read(team_store.every)

    async def teams_and_profiles(self, account_ids: Iterable[str]) -> tuple[Teams, dict[str, team_store.Profile]]:
        """Return all teams, and what the accounts can be given."""
        wanted = list(account_ids)

        def read(tx: Connection) -> tuple[Teams, dict[str, team_store.Profile]]:
            teams = team_store.every(tx)
            return teams, team_store.profiles(tx, wanted, teams)

        return await self._database.read(read)

    async def aclose(self) -> None:
        """Finish the commands that have begun."""
        await self._database.settle()


def new_customer(language: str | None) -> tuple[Customer, Conversation]:
    """Return a customer nobody has met and their empty conversation."""
    customer = Customer(f"cus_{secrets.token_hex(ID_BYTES)}", None, verified=False)
    return customer, Conversation(f"con_{secrets.token_hex(ID_BYTES)}", primary_language(language))
