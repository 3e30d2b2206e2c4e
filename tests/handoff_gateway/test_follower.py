"""What a process shows of the others' commits, when their news comes twice or late."""

from __future__ import annotations

import asyncio

from handoff_gateway.core.events import Recorded
from handoff_gateway.live.bus import MemoryBus
from handoff_gateway.live.news import News, Nobody, Topic
from handoff_gateway.replicas.follower import Follower
from handoff_gateway.store.execution import Outcome
from tests.support.gateway import PATIENCE_S, Client, Gateway


class Watcher:
    """Follows one gateway's log as another process does, and keeps what it is shown."""

    def __init__(self, gateway: Gateway) -> None:
        services = gateway.services
        self.shown: list[Recorded] = []
        self._looked = asyncio.Event()
        self.follower = Follower(
            services.desk,
            services.database,
            services.board,
            MemoryBus(),
            services.crowd,
            services.staff,
            None,
            Nobody(),
            hearing=None,
            observers=(self._observe,),
            look_again=lambda: None,
            take_on=lambda: None,
            acted=lambda _: None,
        )

    def _observe(self, outcome: Outcome) -> None:
        self.shown += outcome.recorded
        self._looked.set()

    async def hear(self, customer: Client, after: int, seq: int) -> list[int]:
        """Pass on news of some events; return the seqs of all that was shown so far."""
        self._looked.clear()
        self.follower.hear(News(Topic.MOVED, customer.conversation_id, after=after, seq=seq))
        async with asyncio.timeout(PATIENCE_S):
            await self._looked.wait()
        return [item.seq for item in self.shown]


async def test_news_that_comes_twice_or_out_of_order_is_shown_once(gateway: Gateway) -> None:
    """Redis answers too late, and the news is sent again; or a third process was quicker than the second."""
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("queue")
        watcher = Watcher(gateway)
        await watcher.follower.start()
        try:
            assert await watcher.hear(customer, 1, 2) == [2]
            assert await watcher.hear(customer, 0, 1) == [2, 1]
            assert await watcher.hear(customer, 1, 2) == [2, 1]
            assert await watcher.hear(customer, 0, 2) == [2, 1]
        finally:
            await watcher.follower.aclose()
