"""Calls to the bot and the knowledge base that are dropped at any moment: each leaves its connection for the next."""

from __future__ import annotations

import asyncio
import gc
import io
import random
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psutil
import pytest

from handoff_gateway.bot_turns.bot import MAX_CONNECTIONS, RasaBot, Turn
from handoff_gateway.calls import Calls
from handoff_gateway.knowledge.client import KnowledgeBase
from handoff_gateway.knowledge.pass_through import Passed, PassThrough
from handoff_gateway.times import utc_now
from tests.support.bot import Answer, FakeBot, reply
from tests.support.gateway import PATIENCE_S

Ask = Callable[[str], Awaitable[object]]
DROPPED = 400
MOST_STEPS = 40  # of the loop before a call is dropped: more than it takes to connect, ask and be answered


async def dropped_after(asking: Awaitable[object], steps: int, *, again: bool = False) -> None:
    call = asyncio.ensure_future(asking)
    for _ in range(steps):
        await asyncio.sleep(0)
    call.cancel()
    if again:
        await asyncio.sleep(0)
        call.cancel()
    await asyncio.gather(call, return_exceptions=True)


def a_turn(port: int) -> tuple[Ask, Callable[[], Awaitable[None]]]:
    rasa = RasaBot(port, "token", PATIENCE_S)
    return lambda text: rasa.reply(Turn("con_1.1", text, {})), rasa.aclose


def a_report(port: int) -> tuple[Ask, Callable[[], Awaitable[None]]]:
    knowledge = KnowledgeBase(port, "token")
    knowledge.client.timeout = httpx.Timeout(PATIENCE_S)
    return lambda text: knowledge.report("/v1/feedback", {"message": text}), knowledge.aclose


def an_editors_click(port: int) -> tuple[Ask, Callable[[], Awaitable[None]]]:
    through = PassThrough(port, "t" * 32, utc_now)

    async def ask(text: str) -> bytes:
        body = f'{{"message":"{text}"}}'.encode()
        passed = Passed("POST", "/v1/search", "", {}, None, PATIENCE_S)
        async with through.ask(passed, io.BytesIO(body), len(body)) as answer:
            return b"".join([piece async for piece in answer.aiter_raw()])

    return ask, through.aclose


@pytest.mark.parametrize("caller", [a_turn, a_report, an_editors_click])
async def test_dropped_calls_take_no_connection_with_them(
    bot: FakeBot, caller: Callable[[int], tuple[Ask, Callable[[], Awaitable[None]]]]
) -> None:
    """As when agents claim while the bot is being asked: afterwards as many turns at once go through as before."""
    ask, aclose = caller(bot.port)
    drawn = random.Random(7)  # noqa: S311 - moments
    for _ in range(DROPPED // MAX_CONNECTIONS):
        await asyncio.gather(
            *(
                dropped_after(ask("Hello?"), drawn.randrange(MOST_STEPS), again=drawn.random() < 0.3)
                for _ in range(MAX_CONNECTIONS)
            )
        )
    together = asyncio.Barrier(MAX_CONNECTIONS)

    async def when_all_have_asked(turn: dict[str, Any]) -> Answer:
        if turn["message"] == "Together?":
            await together.wait()
        return reply("Hello!")

    bot.behave = when_all_have_asked
    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(*(ask("Together?") for _ in range(MAX_CONNECTIONS)))
    assert len(answers) == MAX_CONNECTIONS
    await aclose()
    gc.collect()  # a socket nobody has closed would say so
    lines = psutil.Process().net_connections("tcp")
    assert [line for line in lines if line.raddr and line.raddr.port == bot.port and line.status == "ESTABLISHED"] == []


async def test_a_dropped_call_leaves_none_open_that_was_being_closed(bot: FakeBot) -> None:
    """As when a page takes back a request just as the connections of before are closed because they are old."""
    calls = Calls(httpx.Limits(keepalive_expiry=0.0))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{bot.port}", transport=calls, timeout=PATIENCE_S
    ) as client:
        for steps in range(MOST_STEPS):
            await asyncio.gather(*(client.get("/") for _ in range(4)))
            await dropped_after(client.get("/"), steps)
            gc.collect()  # a socket nobody has closed would say so
