"""How much one customer, one address and one account may do. Beyond it: `rate_limited`, and when to try again.

The rates are far above what people do, and far below what harms others. Each is a setting; `TANDEM_LIMITS=0` is for
systems behind something that limits, and for measurements.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

from websockets.asyncio.server import ServerConnection

from handoff_gateway.access.rates import Buckets, Rate, Wish
from handoff_gateway.addresses import client_address, group
from handoff_gateway.errors import RateLimitedError
from handoff_gateway.settings import Settings

BURST = 0.5  # of what is let through in a minute, at once: what was typed without a network is sent when it is back
FRAMES = 10  # frames of any kind for each that is stored: typing, reading
SOCKETS_RETRY_S = 30.0  # a socket too many: those that are dead are noticed within two heartbeats
STORED = frozenset({"send", "request_agent", "call_back", "leave_queue", "end", "feedback", "survey"})
# Wrong passwords. One account from one address: who has forgotten theirs gets five tries, then one a minute. An account
# from anywhere, against guesses from many addresses, is slowed far less, so that nobody can lock somebody else out.
GUESSES = Rate(per_minute=1, burst=5)
ACCOUNT_GUESSES = Rate(per_minute=6, burst=60)
ADDRESS_GUESSES = Rate(per_minute=6, burst=30)


class Gatekeeper:
    """Says no to too much."""

    def __init__(self, settings: Settings, buckets: Buckets) -> None:
        self._on = settings.limits_on
        self._buckets = buckets
        self._trusted = settings.trusted_proxies
        self._messages = _rate(settings.customer_rate)
        self._customer_frames = _rate(settings.customer_rate * FRAMES)
        self._agent_frames = _rate(settings.agent_rate)
        self._requests = _rate(settings.address_rate)
        self._new_customers = _rate(settings.new_customer_rate)
        self._most_per_address = settings.address_sockets
        self._most_per_person = settings.person_sockets
        self._sockets: Counter[Hashable] = Counter()

    def address(self, peer: str | None, forwarded: Iterable[str]) -> str | None:
        """Return what a client is known by; None for this machine itself."""
        return group(client_address(peer, forwarded, self._trusted))

    def is_proxy(self, peer: str | None) -> bool:
        """Return whether what the other end says about its client is believed."""
        address = client_address(peer, (), ())
        return address is not None and any(address in network for network in self._trusted)

    def address_of(self, connection: ServerConnection) -> str | None:
        """Return what a socket's client is known by."""
        peer, request = connection.remote_address, connection.request
        forwarded = [] if request is None else request.headers.get_all("X-Forwarded-For")
        return self.address(peer[0] if isinstance(peer, tuple) and peer else None, forwarded)

    @contextmanager
    def socket(self, kind: str, key: str | None) -> Iterator[None]:
        """Count a socket of an address or a person while the block runs. Raises RateLimitedError for one too many."""
        most = self._most_per_address if kind == "address" else self._most_per_person
        counted = (kind, key)
        if self._on and key is not None and 0 < most <= self._sockets[counted]:
            raise RateLimitedError(f"{most} sockets are open already", retry_after_s=SOCKETS_RETRY_S)
        self._sockets[counted] += 1
        try:
            yield
        finally:
            self._sockets[counted] -= 1
            if not self._sockets[counted]:
                del self._sockets[counted]

    async def request(self, address: str | None) -> None:
        """Let an HTTP request through. Raises RateLimitedError."""
        await self._take(("requests", address, self._requests))

    async def new_customer(self, address: str | None) -> None:
        """Let somebody begin a conversation. Raises RateLimitedError."""
        await self._take(("new customers", address, self._new_customers))

    async def customer_frame(self, conversation_id: str, frame: str) -> None:
        """Let a customer's frame through. Raises RateLimitedError."""
        if frame in STORED:
            messages = ("messages", conversation_id, self._messages)
            await self._take(messages, ("frames", conversation_id, self._customer_frames))
        else:
            await self._take(("frames", conversation_id, self._customer_frames))

    async def agent_frame(self, account_id: str) -> None:
        """Let an agent's frame through. Raises RateLimitedError."""
        await self._take(("frames", account_id, self._agent_frames))

    @asynccontextmanager
    async def guess(self, account: str, address: str | None) -> AsyncIterator[None]:
        """Let somebody try to prove who they are in the block; it counts unless the block ends well.

        It is counted before it is known to be wrong: a thousand guesses at once are not all the first.

        Raises:
            RateLimitedError: too many were wrong.
        """
        if not self._on:
            yield
            return
        name = hashlib.sha256(account.strip().lower().encode()).digest()  # of any length, and no list of addresses
        wishes: list[Wish] = [(("guesses", name, address), GUESSES), (("guesses", name), ACCOUNT_GUESSES)]
        if address is not None:
            wishes.append((("guesses from", address), ADDRESS_GUESSES))
        if (refused := await self._buckets.take_all(wishes)) is not None:
            _, wait = refused
            raise RateLimitedError("too many wrong tries; wait, then try again", retry_after_s=_whole(wait))
        yield
        await self._buckets.give_back(wishes)

    async def _take(self, *wanted: tuple[str, str | None, Rate]) -> None:
        if not self._on:
            return
        wishes: list[Wish] = [((kind, key), rate) for kind, key, rate in wanted if key is not None]
        refused = await self._buckets.take_all(wishes) if wishes else None
        if refused is not None:
            exceeded, wait = refused
            kind = next(kind for kind, _, rate in wanted if rate is exceeded)
            message = f"more than {exceeded.per_minute:g} {kind} a minute; wait, then send it again"
            raise RateLimitedError(message, retry_after_s=_whole(wait))


def _rate(per_minute: float) -> Rate:
    return Rate(per_minute, max(1, int(per_minute * BURST)))


def _whole(wait_s: float) -> float:
    """Round up to a tenth: who comes back then is let in."""
    return round(wait_s + 0.05, 1)
