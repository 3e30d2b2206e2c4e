"""News over Redis pub/sub. It may be lost: it only says where to look, and whoever missed some looks everywhere.

Each process publishes at least once a second and listens for what it has published itself: that it comes back
proves the whole way. When it does not, the connections are made anew, and everything is read from the database in the
meantime.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

from handoff_gateway.live.news import News, Topic
from handoff_gateway.redis_client import DEADLINE_S, close, connect
from handoff_gateway.tasks import TaskOwner

PULSE_S = 1.0  # between two messages of a process that has nothing to say
SILENCE_S = 3.0  # without one's own message: the connection is dead, whatever it looks like
RETRY_S = 0.5  # between two attempts to connect
MOST_TOGETHER = 500  # pieces of news in a message
MOST_WAITING = 5_000  # pieces of news kept for a Redis that is away; beyond, the others are told that they missed some

Key = tuple[Topic, str]
logger = logging.getLogger(__name__)


class RedisChannel:
    """Tells other processes, and hears them.

    Args:
        name: of the Redis channel: one for each system, which may share a Redis with others.
    """

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._own = secrets.token_hex(8)
        self._publisher = connect(url)
        self._subscriber = connect(url)
        self._waiting: list[News] = []
        self._grown: dict[str, int] = {}  # of the news waiting: the newest seq is enough
        self._wake = asyncio.Event()
        self._tasks = TaskOwner()
        self._echoed_at: float | None = None
        self._complained = False
        self._closing = False  # the Redis library may lose a cancellation: the tasks look by themselves
        self._heard: Callable[[News], None] = lambda _: None
        self._gap: Callable[[], None] = lambda: None

    def start(self, heard: Callable[[News], None], gap: Callable[[], None]) -> None:
        """Begin; `heard` is called on the loop with each piece of news, `gap` whenever some may have been missed."""
        self._heard, self._gap = heard, gap
        self._tasks.last(self._send)
        self._tasks.last(self._receive)

    @property
    def up(self) -> bool:
        """Whether news has come through lately."""
        return self._echoed_at is not None and self._now() - self._echoed_at < SILENCE_S

    def tell(self, news: News) -> None:
        """Send `news` with whatever else is waiting."""
        if news.topic is Topic.GREW:
            self._grown[news.subject] = max(news.seq, self._grown.get(news.subject, 0))
        else:
            self._waiting.append(news)
        if len(self._waiting) + len(self._grown) > MOST_WAITING:
            self._grown.clear()
            self._waiting = [News(Topic.GAP)]
        self._wake.set()

    async def flush(self) -> None:
        """Send what is waiting now; for a process that stops."""
        await self._publish()

    async def aclose(self) -> None:
        """Stop."""
        self._closing = True
        await self._tasks.aclose()
        for client in (self._publisher, self._subscriber):
            await close(client)

    # --- sending ---

    async def _send(self) -> None:
        while not self._closing:
            await self._wait()
            if not await self._publish():
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _wait(self) -> None:
        timer = asyncio.get_running_loop().call_later(PULSE_S, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
        self._wake.clear()

    async def _publish(self) -> bool:
        """Send all that waits; return False, and keep what was not sent, when Redis is away."""
        while True:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            grown, self._grown = self._grown, {}
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self._publisher.publish(self._name, self._written(batch, grown))
            except (RedisError, OSError, TimeoutError) as error:
                self._complain("other processes cannot be told", error)
                self._waiting = batch + self._waiting
                for subject, seq in grown.items():
                    self.tell(News(Topic.GREW, subject, seq=seq))
                return False
            if not self._waiting:
                return True

    def _written(self, batch: list[News], grown: dict[str, int]) -> str:
        items: list[list[Any]] = [[Topic.GREW, subject, 0, seq] for subject, seq in grown.items()]
        for news in batch:
            item: list[Any] = [news.topic, news.subject, news.after, news.seq]
            items.append(item if news.frame is None else [*item, news.frame])
        return json.dumps([self._own, items], separators=(",", ":"))

    # --- hearing ---

    async def _receive(self) -> None:
        while not self._closing:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                self._complain("other processes cannot be heard", error)
            self._gap()
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        """Hear others until one's own pulse fails to come back."""
        async with self._subscriber.pubsub() as pubsub:
            async with asyncio.timeout(DEADLINE_S):
                await pubsub.subscribe(self._name)
            echoed_at, self._echoed_at = self._now(), None
            while not self._closing and self._now() - echoed_at < SILENCE_S:
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=PULSE_S)
                if message is None or not self._take(message["data"]):
                    continue
                if self._complained:
                    logger.info("other processes can be heard again")
                    self._complained = False
                if self._echoed_at is None:
                    self._gap()  # what was said before the connection stood was missed
                echoed_at = self._echoed_at = self._now()
        if not self._closing:
            raise TimeoutError("nothing comes back")

    def _take(self, data: str | bytes) -> bool:
        """Pass on a message; return whether it is this process's own."""
        try:
            sender, items = json.loads(data)
            news = [News(Topic(topic), subject, after, seq, *more) for topic, subject, after, seq, *more in items]
        except (ValueError, TypeError):
            logger.warning("a message of another version, or of somebody else, is left alone")
            return False
        if sender == self._own:
            return True
        for each in news:
            self._heard(each)
        return False

    def _complain(self, what: str, error: Exception) -> None:
        """Write it down once; then whoever looks at `/health` sees it."""
        level = logging.DEBUG if self._complained else logging.WARNING
        logger.log(level, "%s: %s", what, str(error) or type(error).__name__)
        self._complained = True

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
