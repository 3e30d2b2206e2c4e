"""Which conversation a customer who says hello belongs to, and what they resume it with.

Anonymous customers belong to the conversation their token was given for. A customer the host site vouches for has one
conversation on every device, found by the site's id of theirs. When an anonymous conversation's token comes together
with the identity of somebody who has none yet, that conversation becomes theirs; two logs are never put together.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from handoff_gateway.access import identities
from handoff_gateway.access.identity import Identity, IdentityKeys, verify
from handoff_gateway.access.resume_tokens import ResumeTokens
from handoff_gateway.errors import UnauthorizedError
from handoff_gateway.live.desk import Desk, Visit, new_customer
from handoff_gateway.store import projection
from handoff_gateway.store.database import Database
from handoff_gateway.store.projection import Entry
from handoff_gateway.times import Clock
from handoff_gateway.tokens import TOKEN_BYTES, hash_token


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer at their conversation. `proven` is whether it has just changed from anonymous to theirs."""

    entry: Entry
    token: str
    proven: bool = False


class Arrivals:
    """Lets customers in.

    Args:
        longest: how far in the future an identity may expire.
        audience: what an identity's `aud` must name; empty for any.
    """

    def __init__(
        self,
        desk: Desk,
        database: Database,
        clock: Clock,
        *,
        keys: IdentityKeys,
        resume: ResumeTokens,
        longest: timedelta,
        audience: str,
    ) -> None:
        self._desk = desk
        self._database = database
        self._clock = clock
        self._keys = keys
        self._resume = resume
        self._longest = longest
        self._audience = audience
        self._observers: list[Callable[[Entry], None]] = []

    def observe(self, observer: Callable[[Entry], None]) -> None:
        """Call `observer`, on the loop, with each conversation that has just become a verified customer's."""
        self._observers.append(observer)

    async def welcome(self, token: str | None, identity: str | None, visit: Visit) -> Arrival:
        """Return the conversation a hello leads to.

        Raises:
            UnauthorizedError: the token or the identity proves nothing.
        """
        if identity is not None:
            return await self._proven(token, identity, visit)
        if token and self._resume.are_like(token):
            customer_id = self._resume.read(token)
            entry = await self._database.read(lambda tx: identities.conversation_of(tx, customer_id))
            if entry is None:
                raise UnauthorizedError("token: not known here; say hello without one to start anew")
            return Arrival(await self._desk.note_visit(entry, visit), token)
        entry, token = await self._desk.welcome(token, visit)
        return Arrival(entry, token)

    async def still_theirs(self, arrival: Arrival) -> Entry:
        """Return the conversation as it is now.

        Raises:
            UnauthorizedError: it has become a verified customer's since.
        """
        entry = await self._desk.entry(arrival.entry.id)
        if entry.customer.verified and not arrival.entry.customer.verified:
            raise UnauthorizedError("token: replaced; say hello with your identity")
        return entry

    async def _proven(self, token: str | None, identity: str, visit: Visit) -> Arrival:
        who = await asyncio.to_thread(self._verify, identity)
        anonymous = None if not token or self._resume.are_like(token) else hash_token(token)
        if token and anonymous is None:
            self._resume.renewed(token, "")  # a forged one is refused, even beside an identity that is not
        customer, new = new_customer(visit.language)
        customer = replace(customer, name=who.name, verified=True, email=who.email, external_id=who.subject)
        # Nobody knows this one: from now on identities and the tokens made from them lead to the conversation.
        unknown = hash_token(secrets.token_urlsafe(TOKEN_BYTES))

        def recognise(tx: Connection) -> tuple[Entry, bool]:
            if anonymous is not None and projection.by_token(tx, anonymous) is None:
                raise UnauthorizedError("token: not known here; say hello without one to start anew")
            known = identities.recognise(tx, who)
            if known is not None:
                return known, False
            taken = None if anonymous is None else identities.take_over(tx, anonymous, who, unknown)
            if taken is not None:
                return taken, True
            return projection.start(tx, new, customer, unknown, self._clock()), False

        entry, proven = await self._database.write(recognise)
        if proven:
            for observer in self._observers:
                observer(entry)
        entry = await self._desk.note_visit(entry, visit)
        return Arrival(entry, self._resume.renewed(token if anonymous is None else None, entry.customer.id), proven)

    def _verify(self, identity: str) -> Identity:
        return verify(identity, self._keys(), self._clock(), longest=self._longest, audience=self._audience)
