"""What the gateway tells the knowledge base, over real sockets; and that no conversation waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handoff_gateway.core.events import AgentName, Cause, EpisodeClosed, Event, HandedOff, Owner, OwnerChanged, Recorded
from handoff_gateway.knowledge.reports import agent_minutes
from tests.support.bot import Answer, FakeBot, reply
from tests.support.gateway import Gateway, running_gateway

ANSWER = {"confidence": 0.9, "article_id": "returns", "query_id": "q1"}
HANDOFF = {"reason": "low_confidence", "line": "A colleague takes over.", "summary": "kayaks", "query_id": "q2"}


class Told:
    """A knowledge base that writes down what it is told."""

    def __init__(self) -> None:
        self.reports: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.status = 200

    async def take(self, body: dict[str, Any]) -> Answer:
        await self.reports.put(body)
        return self.status, json.dumps({}).encode()

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            return await self.reports.get()


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def gateway(tmp_path: Path, told: Told) -> AsyncIterator[Gateway]:
    async def answer(turn: dict[str, Any]) -> Answer:
        if "kayak" in turn["message"]:
            return reply("I do not know.", handoff=HANDOFF)
        return reply("Within 30 days.", answer=ANSWER)

    async with FakeBot() as bot, FakeBot() as knowledge:
        bot.behave, knowledge.behave = answer, told.take
        async with running_gateway(tmp_path, bot_port=bot.port, knowledge_port=knowledge.port) as running:
            yield running


async def metric(gateway: Gateway, line: str) -> None:
    """Wait until a line is among the metrics."""
    headers = {"Authorization": f"Bearer {gateway.service_token}"}
    async with asyncio.timeout(60):
        while line not in (await gateway.http.get("/metrics", headers=headers)).text:
            pass  # each look is a request, so others get their turn


async def test_a_verdict_on_an_answer_reaches_the_knowledge_base(gateway: Gateway, told: Told) -> None:
    async with gateway.customer() as customer:
        await customer.say("How long may I return it?")
        answered = await customer.event("message", lambda event: event["message"]["role"] == "bot")
        await customer.send("feedback", seq=answered["seq"], helpful=False)
        assert await told.next() == {"query_id": "q1", "helpful": False}
    await metric(gateway, 'tandem_knowledge_reports_total{kind="feedback",result="delivered"} 1.0')


async def test_a_report_the_knowledge_base_refuses_is_counted(gateway: Gateway, told: Told) -> None:
    told.status = 404
    async with gateway.customer() as customer:
        await customer.say("How long may I return it?")
        answered = await customer.event("message", lambda event: event["message"]["role"] == "bot")
        await customer.send("feedback", seq=answered["seq"], helpful=True)
        assert await told.next() == {"query_id": "q1", "helpful": True}
    await metric(gateway, 'tandem_knowledge_reports_total{kind="feedback",result="refused"} 1.0')


async def test_the_minutes_of_an_agent_reach_the_knowledge_base_at_the_close(gateway: Gateway, told: Told) -> None:
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.say("do you rent kayaks?")
        await customer.owner("agent")
        seen = await customer.event("handoff")
        assert "query_id" not in seen["handoff"]
        await agent.do("close", conversation_id=customer.conversation_id)
        report = await told.next()
    assert report["query_id"] == "q2"
    assert 0 <= report["minutes"] < 1


def _log(*events: tuple[float, Event]) -> list[Recorded]:
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    return [
        Recorded(seq, start + timedelta(minutes=minutes), 1, 1, event)
        for seq, (minutes, event) in enumerate(events, start=1)
    ]


ADA = AgentName("a1", "Ada")
LOST = HandedOff("low_confidence", "", "", "en", query_id="q")
TAKEN = OwnerChanged(Owner.AGENT, Cause.CLAIMED, ADA)
WAITS = OwnerChanged(Owner.QUEUE, Cause.TRANSFERRED)
OVER = OwnerChanged(Owner.NOBODY, Cause.CLOSED)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([(0, LOST), (3, TAKEN), (10, OVER)], ("q", 7.0)),
        ([(0, LOST), (3, TAKEN), (5, WAITS), (50, TAKEN), (51, EpisodeClosed("agent")), (52, OVER)], ("q", 4.0)),
        ([(0, HandedOff("customer_request", "", "", "en", query_id="q")), (3, TAKEN), (10, OVER)], None),
        ([(0, HandedOff("low_confidence", "", "", "en")), (3, TAKEN), (10, OVER)], None),
        ([(0, LOST), (3, OVER)], None),
    ],
)
def test_minutes_are_those_an_agent_held_the_conversation(
    events: list[tuple[float, Event]], expected: tuple[str, float] | None
) -> None:
    assert agent_minutes(_log(*events)) == expected
