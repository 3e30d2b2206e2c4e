"""Two gateway processes at which hundreds of people do the same thing at once."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.bot import Answer, FakeBot, reply
from tests.support.gateway_process import GatewayProcess
from tests.support.replicas import WITHOUT, at_work, request_agent, two_gateways
from tests.support.wire import Agent, Customer, is_bot_message

pytestmark = [WITHOUT, pytest.mark.timeout(1_200)]

AT_ONCE = 20  # customers who do something in the same moment
HANDICAP = 1.05  # of whoever won a race, so that on any machine both win some


async def test_4_a_claim_here_silences_the_bot_there(tmp_path: Path, bot: FakeBot) -> None:
    """A thousand times an agent at one process claims while the bot answers at the other: not a word of it after."""
    random = Random(4)  # noqa: S311 - no secret
    answered_within_s, claimed_within_s = 0.03, 0.1  # whoever was quicker takes longer the next time

    async def soon(turn: dict[str, Any]) -> Answer:
        await asyncio.sleep(random.uniform(0, answered_within_s))
        return reply(f"You said: {turn['message']}")

    bot.behave = soon
    async with two_gateways(tmp_path, bot) as pair:
        [(token, agent_id)] = await pair.b.agents(1, 100)
        async with at_work(pair.b, token, presence="away") as [agent]:

            async def race() -> None:
                nonlocal answered_within_s, claimed_within_s
                async with Customer(pair.a.sockets) as customer:
                    await customer.send("Hello?")
                    await asyncio.sleep(random.uniform(0, claimed_within_s))
                    claimed = await agent.do("claim", conversation_id=customer.conversation_id)
                    assert claimed["type"] == "ack", claimed
                    await agent.do("close", conversation_id=customer.conversation_id)
                    change = HANDICAP if any(map(is_bot_message, customer.history())) else 1 / HANDICAP
                    answered_within_s = min(1, answered_within_s * change)
                    claimed_within_s = min(1, claimed_within_s / change)

            for _ in range(1000 // AT_ONCE):
                await asyncio.gather(*(race() for _ in range(AT_ONCE)))
        rows = pair.rows("select conversation_id, seq, author, kind from events order by conversation_id, seq")
    outcomes = []
    for _, events in groupby(rows, key=itemgetter(0)):
        told = [(author, kind) for _, _, author, kind in events]
        claim = told.index((f"agent:{agent_id}", "owner"))
        assert ("bot", "message") not in told[claim:], told
        outcomes.append(("bot", "message") in told)
    assert len(outcomes) == 1000
    assert min(outcomes.count(True), outcomes.count(False)) > 10, outcomes.count(True)  # it was a race


async def test_13_capacity_exceeded_by_races_between_processes(tmp_path: Path, bot: FakeBot) -> None:
    """500 arrivals over both processes, ten agents of three over both: exactly 30 with agents, 470 in the queue."""
    async with two_gateways(tmp_path, bot) as pair, contextlib.AsyncExitStack() as stack:
        tokens = [token for token, _ in await pair.a.agents(10, 3)]
        limit = asyncio.Semaphore(AT_ONCE)

        async def arrive(gateway: GatewayProcess) -> None:
            async with limit:
                await request_agent(await stack.enter_async_context(Customer(gateway.sockets)))

        async with at_work(pair.a, *tokens[:5]), at_work(pair.b, *tokens[5:]):
            await asyncio.gather(*(arrive((pair.a, pair.b)[number % 2]) for number in range(500)))
            counted = "select owner, count(*) from conversations group by owner order by owner"
            await pair.until(counted, [("agent", 30), ("queue", 470)])
            held = pair.rows("select count(*) from conversations where owner = 'agent' group by agent_id")
            assert held == [(3,)] * 10
            assert pair.rows("select count(*) from events where kind = 'owner' and data like '%assigned%'") == [(30,)]


async def test_14_a_new_chat_is_in_every_agents_queue(tmp_path: Path, bot: FakeBot) -> None:
    """A thousand chats come, leave, are claimed and closed at both processes: both queues equal the database's."""
    random = Random(14)  # noqa: S311 - no secret
    async with two_gateways(tmp_path, bot) as pair:
        (ada_token, ada_id), (bo_token, bo_id) = await pair.a.agents(2, 100)
        async with (
            at_work(pair.a, ada_token, presence="away") as [ada],
            at_work(pair.b, bo_token, presence="away") as [bo],
        ):

            async def chat() -> None:
                async with Customer(random.choice((pair.a, pair.b)).sockets) as customer:
                    await request_agent(customer)
                    agent, fate = random.choice((ada, bo)), random.randrange(5)
                    if fate == 0:
                        await customer.put({"type": "leave_queue"})
                        await customer.owner("bot")
                    elif fate <= 2:
                        claimed = await agent.do("claim", conversation_id=customer.conversation_id)
                        assert claimed["type"] == "ack", claimed
                        if fate == 1:
                            await agent.do("close", conversation_id=customer.conversation_id)

            waiting: list[str] = []
            for _ in range(20):
                for _ in range(5):
                    await asyncio.gather(*(chat() for _ in range(10)))
                rows = pair.rows("select id from conversations where owner = 'queue' order by place, waiting_since, id")
                waiting = [name for (name,) in rows]
                for agent, agent_id in ((ada, ada_id), (bo, bo_id)):
                    await sees(agent, waiting)
                    mine = "select id from conversations where owner = 'agent' and agent_id = %s"
                    for (name,) in pair.rows(mine, agent_id):
                        await agent.do("close", conversation_id=name)
            assert pair.rows("select count(*) from conversations") == [(1000,)]
            assert len(waiting) > 300


async def sees(agent: Agent, waiting: list[str]) -> None:
    """Wait until an agent is shown this queue: how long it is, and who is first."""
    await agent.until(lambda: queue_of(agent) == (len(waiting), waiting[:50]))


def queue_of(agent: Agent) -> tuple[int, list[str]]:
    """Return the length and the first of the queue that an agent was shown last."""
    last = next(frame for frame in reversed(agent.frames) if frame["type"] in {"queue", "welcome"})
    shown = last["queue" if last["type"] == "welcome" else "waiting"]
    return last["waiting_total"], [each["conversation_id"] for each in shown]
