"""Rates counted for all gateway processes together, in Redis: the buckets of `rates`, by Redis's own clock.

What is asked for while another question is on its way goes together in the next one. Redis that does not answer costs
one deadline; then this process counts by itself for a while.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from redis.asyncio import Redis
from redis.exceptions import RedisError

from handoff_gateway.access.rates import Rate, Rates, Wish
from handoff_gateway.redis_client import DEADLINE_S, close
from handoff_gateway.tasks import TaskOwner

AWAY_S = 5.0  # in which Redis is not asked again
MOST_TOGETHER = 200  # questions in a call; Redis does nothing else meanwhile
MICRO = 1_000_000

# KEYS: the buckets of all questions, one after the other. ARGV for each question: "+" or "-", how many buckets, and the
# interval and room of each in microseconds. The answer for each: which bucket is empty (0: none), and how long to wait.
SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local answers, k, a = {}, 0, 0
while a < #ARGV do
  local back, count = ARGV[a + 1] == '-', tonumber(ARGV[a + 2])
  a = a + 2
  local full, empty, wait = {}, 0, 0
  for i = 1, count do
    local interval, room = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
    a = a + 2
    local at = math.max(tonumber(redis.call('GET', KEYS[k + i]) or now), now)
    if back then
      full[i] = at - interval
    else
      full[i] = math.min(at, now + room) + interval
      if empty == 0 and full[i] - room - now > 1 then
        empty, wait = i, math.ceil(full[i] - room - now)
      end
    end
  end
  if empty == 0 then
    for i = 1, count do
      local left = math.ceil((full[i] - now) / 1000)
      if left > 0 then
        redis.call('SET', KEYS[k + i], string.format('%.0f', full[i]), 'PX', left)
      else
        redis.call('DEL', KEYS[k + i])
      end
    end
  end
  k = k + count
  answers[#answers + 1] = empty
  answers[#answers + 1] = wait
end
return answers
"""

logger = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Question:
    """Buckets to take from, or to give back to, and whom to tell."""

    wishes: list[Wish]
    back: bool
    answer: asyncio.Future[tuple[Rate, float] | None]


class SharedRates:
    """Counts for every process that uses the same Redis and the same `name`.

    Args:
        own: counts while Redis is away.
    """

    def __init__(self, client: Redis, name: str, own: Rates) -> None:
        self._client = client
        self._script = client.register_script(SCRIPT)
        self._name = name
        self._own = own
        self._waiting: list[_Question] = []
        self._asking = False
        self._away_until = float("-inf")
        self._tasks = TaskOwner()

    async def take_all(self, wishes: Sequence[Wish]) -> tuple[Rate, float] | None:
        """As `Buckets.take_all`."""
        return await self._ask(wishes, back=False)

    async def give_back(self, wishes: Sequence[Wish]) -> None:
        """As `Buckets.give_back`."""
        await self._ask(wishes, back=True)

    async def aclose(self) -> None:
        """Stop, after the question that is on its way."""
        await self._tasks.finish()
        await close(self._client)

    async def _ask(self, wishes: Sequence[Wish], *, back: bool) -> tuple[Rate, float] | None:
        limited = [(key, rate) for key, rate in wishes if rate.per_minute > 0]
        if not limited:
            return None
        loop = asyncio.get_running_loop()
        if loop.time() < self._away_until:
            return await self._count(limited, back=back)
        question = _Question(limited, back, loop.create_future())
        self._waiting.append(question)
        if not self._asking:
            self._asking = True
            self._tasks.start(self._ask_all())
        return await question.answer

    async def _count(self, wishes: Sequence[Wish], *, back: bool) -> tuple[Rate, float] | None:
        if not back:
            return await self._own.take_all(wishes)
        await self._own.give_back(wishes)
        return None

    async def _ask_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                await self._ask_together(batch)
        finally:
            self._asking = False

    async def _ask_together(self, batch: list[_Question]) -> None:
        keys = [self._key(key) for question in batch for key, _ in question.wishes]
        arguments = list(chain.from_iterable(_arguments(question) for question in batch))
        try:
            async with asyncio.timeout(DEADLINE_S):
                answers = await self._script(keys, arguments)
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning("limits are counted by each process: %s", str(error) or type(error).__name__)
            self._away_until = asyncio.get_running_loop().time() + AWAY_S
            for question in batch:
                _tell(question, await self._count(question.wishes, back=question.back))
            return
        for number, question in enumerate(batch):
            empty, wait_us = answers[2 * number : 2 * number + 2]
            _tell(question, None if empty == 0 else (question.wishes[empty - 1][1], wait_us / MICRO))

    def _key(self, key: object) -> str:
        # Only a digest: no list of addresses and accounts in Redis.
        return f"{self._name}:{hashlib.blake2b(repr(key).encode(), digest_size=12).hexdigest()}"


def _arguments(question: _Question) -> list[str | int]:
    flat: list[str | int] = ["-" if question.back else "+", len(question.wishes)]
    for _, rate in question.wishes:
        interval = round(rate.interval_s * MICRO)
        flat += [interval, rate.burst * interval]
    return flat


def _tell(question: _Question, answer: tuple[Rate, float] | None) -> None:
    if not question.answer.done():  # else whoever asked was cancelled
        question.answer.set_result(answer)
