"""Nonsense on the sockets; `make chaos` sends a hundred thousand frames of it."""

import asyncio
from pathlib import Path

from tests.chaos.fuzz import fuzz
from tests.support.gateway import running_gateway

FRAMES = 1_200


async def test_nonsense_is_answered_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Every frame is answered or its socket closed with a reason; no task stays; others are served as before."""
    async with running_gateway(tmp_path) as gateway:
        token = await gateway.account("ada", "agent")
        async with gateway.customer() as before, gateway.agent(token):
            await before.say("hello?")
        tasks = len(asyncio.all_tasks())
        answers = await fuzz(gateway.sockets, token, FRAMES)
        assert answers["bad_frame"] > FRAMES / 10
        assert answers["too_large"]
        assert set(answers) <= {
            *("bad_frame", "too_large", "forbidden", "not_found", "conversation_closed", "already_claimed"),
            *("ack", "event", "queue", "heartbeat", "typing", "conversation", "attendance", "rate_limited"),
            *("closed 1007", "closed and reset"),
        }
        async with gateway.customer() as after:
            await after.request_agent()
            await after.owner("queue")
        async with asyncio.timeout(60):
            while len(asyncio.all_tasks()) > tasks:
                others = asyncio.all_tasks() - {asyncio.current_task()}
                await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)  # sockets are closing
