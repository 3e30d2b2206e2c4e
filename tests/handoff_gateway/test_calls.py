"""Calls to the bot that are dropped at any moment: each leaves its connection for the next."""

from __future__ import annotations

import asyncio
import gc
import random
from typing import Any

import psutil

from handoff_gateway.bot_turns.bot import MAX_CONNECTIONS, RasaBot, Turn
from tests.support.bot import Answer, FakeBot, reply
from tests.support.gateway import PATIENCE_S

DROPPED = 400
MOST_STEPS = 40  # of the loop before a call is dropped: more than it takes to connect, ask and be answered


async def dropped_after(bot: RasaBot, steps: int, again: bool) -> None:
    call = asyncio.create_task(bot.reply(Turn("con_1.1", "Hello?", {})))
    for _ in range(steps):
        await asyncio.sleep(0)
    call.cancel()
    if again:
        await asyncio.sleep(0)
        call.cancel()
    await asyncio.gather(call, return_exceptions=True)


async def test_dropped_calls_take_no_connection_with_them(bot: FakeBot) -> None:
    """As when agents claim while the bot is being asked: afterwards as many turns at once go through as before."""
    rasa = RasaBot(bot.port, "token", PATIENCE_S)
    drawn = random.Random(7)  # noqa: S311 - moments
    for _ in range(DROPPED // MAX_CONNECTIONS):
        await asyncio.gather(
            *(
                dropped_after(rasa, drawn.randrange(MOST_STEPS), again=drawn.random() < 0.3)
                for _ in range(MAX_CONNECTIONS)
            )
        )
    together = asyncio.Barrier(MAX_CONNECTIONS)

    async def when_all_have_asked(turn: dict[str, Any]) -> Answer:
        if turn["message"] == "Together?":
            await together.wait()
        return reply("Hello!")

    bot.behave = when_all_have_asked
    async with asyncio.timeout(PATIENCE_S / 2):
        answers = await asyncio.gather(
            *(rasa.reply(Turn(f"con_{number}.1", "Together?", {})) for number in range(MAX_CONNECTIONS))
        )
    assert len(answers) == MAX_CONNECTIONS
    await rasa.aclose()
    gc.collect()  # a socket nobody has closed would say so
    lines = psutil.Process().net_connections("tcp")
    assert [line for line in lines if line.raddr and line.raddr.port == bot.port and line.status == "ESTABLISHED"] == []
