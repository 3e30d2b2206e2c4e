"""Connections to Redis: none waits long; who uses them knows what to do without."""

from __future__ import annotations

import asyncio
import logging

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from handoff_gateway.errors import StartupError

DEADLINE_S = 1.0  # of a call; Redis answers in less than a millisecond

logger = logging.getLogger(__name__)


def connect(url: str) -> Redis:
    """Return a client; nothing is sent yet. Raises StartupError for an address that is none.

    It tries twice: a connection left over from before a restart of Redis is found dead at the first attempt.
    """
    try:
        return Redis.from_url(
            url, socket_connect_timeout=DEADLINE_S, socket_timeout=DEADLINE_S, retry=Retry(NoBackoff(), 1)
        )
    except ValueError:
        raise StartupError("TANDEM_REDIS_URL must be like redis://HOST:PORT/0.") from None


async def close(client: Redis) -> None:
    """Close a client; one whose Redis is away is let go."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            await client.aclose()
    except (RedisError, OSError, TimeoutError) as error:
        logger.debug("a connection to Redis was not closed well: %s", error)
