"""Whether every part serves: asked for at most once a second, answered within one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import httpx

from handoff_gateway.errors import UnavailableError
from handoff_gateway.store.database import Database, write_something

PROBE_DEADLINE_S = 0.9  # the whole answer must be there within a second
CACHE_S = 1.0
START_PERIOD_S = 180.0  # a part never seen well counts as starting for so long: models load, a first bot trains

OK, STARTING, DOWN = "ok", "starting", "down"
Probe = Callable[[], Awaitable[str]]


class Health:
    """Probes parts and remembers the answer for a second."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = probes
        self._born = time.monotonic()
        self._seen_well: set[str] = set()
        self._parts: dict[str, str] = {}
        self._at = float("-inf")
        self._lock = asyncio.Lock()

    async def check(self) -> tuple[str, dict[str, str]]:
        """Return `ok`, `starting` or `degraded`, and the state of each part."""
        async with self._lock:
            if time.monotonic() - self._at >= CACHE_S:
                states = await asyncio.gather(*(self._probe(name) for name in self._probes))
                self._parts = dict(zip(self._probes, states, strict=True))
                self._at = time.monotonic()
        parts = dict(self._parts)
        if all(state == OK for state in parts.values()):
            return OK, parts
        return ("degraded" if DOWN in parts.values() else STARTING), parts

    async def _probe(self, name: str) -> str:
        try:
            async with asyncio.timeout(PROBE_DEADLINE_S):
                state = await self._probes[name]()
        except TimeoutError:
            state = DOWN
        if state == OK:
            self._seen_well.add(name)
        elif name not in self._seen_well and time.monotonic() - self._born < START_PERIOD_S:
            return STARTING
        return state


def http_probe(client: httpx.AsyncClient, url: str) -> Probe:
    """Return a probe of another part's `/health`: 200 is well, 503 with `starting` is starting."""

    async def probe() -> str:
        try:
            response = await client.get(url)
        except httpx.HTTPError:
            return DOWN
        if response.status_code == httpx.codes.OK:
            return OK
        try:
            body = response.json()
        except ValueError:
            return DOWN
        return STARTING if isinstance(body, dict) and body.get("status") == STARTING else DOWN

    return probe


def database_probe(database: Database) -> Probe:
    """Return a probe that writes and commits: a full disk or a stuck writer shows here."""

    async def probe() -> str:
        try:
            await database.write(write_something)
        except UnavailableError:
            return DOWN
        return OK

    return probe
