"""One conversation whose state cannot be read, as after a return to an older version, stops nothing for all others."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select, update

from handoff_gateway.store.tables import conversations
from tests.support.bot import FakeBot
from tests.support.clock import FakeClock
from tests.support.gateway import PATIENCE_S, Client, Gateway, running_gateway

FROM_A_LATER_VERSION = '{"owner":"queue","leg_cause":"teleported"}'


async def spoil(gateway: Gateway, customer: Client) -> None:
    """Write a state that nobody here can read."""
    this = conversations.c.id == customer.conversation_id
    change = update(conversations).where(this).values(state=FROM_A_LATER_VERSION)
    await gateway.services.database.write(lambda tx: tx.execute(change).close())


async def listed(gateway: Gateway) -> list[str]:
    return [found["conversation_id"] for found in await gateway.owned_by("queue")]


async def test_others_are_assigned_after_one_that_cannot_be(gateway: Gateway) -> None:
    async with gateway.customer() as spoilt, gateway.customer() as customer:
        for each in (spoilt, customer):
            await each.request_agent()
            await each.owner("queue")
        await spoil(gateway, spoilt)
        async with gateway.online("ada"):
            assert (await customer.owner("agent"))["agent"]["name"] == "Ada"
            async with gateway.customer() as later:
                await later.request_agent()
                assert (await later.owner("agent"))["agent"]["name"] == "Ada"


async def test_a_gateway_starts_without_the_one_it_cannot_read(tmp_path: Path, bot: FakeBot) -> None:
    async with (
        running_gateway(tmp_path, bot_port=bot.port) as gateway,
        gateway.customer() as spoilt,
        gateway.customer() as customer,
    ):
        for each in (spoilt, customer):
            await each.request_agent()
            await each.owner("queue")
        await spoil(gateway, spoilt)
        token = customer.welcome["token"]
    async with running_gateway(tmp_path, bot_port=bot.port) as gateway, gateway.customer(token=token) as customer:
        assert await listed(gateway) == [customer.conversation_id]
        async with gateway.online("ada"):
            assert (await customer.owner("agent"))["agent"]["name"] == "Ada"


async def test_others_are_let_go_when_their_time_is_over(tmp_path: Path, bot: FakeBot, clock: FakeClock) -> None:
    def kept(tx: Connection) -> list[str]:
        return list(tx.execute(select(conversations.c.id)).scalars())

    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port, retention_days=1.0) as gateway:
        async with gateway.customer() as spoilt:
            await spoilt.say("Hello")
            await spoilt.said("bot")
        await spoil(gateway, spoilt)
        clock.advance(1)
        async with gateway.customer() as customer:
            await customer.say("Hello")
            await customer.said("bot")
        clock.advance(timedelta(days=2).total_seconds())
        gateway.services.keeper.wake()
        async with asyncio.timeout(PATIENCE_S):
            while customer.conversation_id in await gateway.services.database.read(kept):  # noqa: ASYNC110 - no news
                await asyncio.sleep(0.01)
