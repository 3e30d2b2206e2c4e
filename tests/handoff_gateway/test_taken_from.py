"""A conversation is taken from an agent in the very moment in which they do something with it.

Each race is run with delays drawn at random. Whoever wins, the log says what was acknowledged and nothing else, the
customer sees it once and in order, and every desk shows who has the conversation in the end.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.gateway import Client, Gateway, fresh_id

Json = dict[str, Any]
RACES = int(os.environ.get("RACES", "12"))  # of each kind; more than these to look for what is rare
SPREAD_S = 0.004  # about what a command takes, so that either may come first
MANY = 10_000


@dataclass
class Floor:
    """Two agents, a supervisor, and a gateway whose clock the test moves."""

    gateway: Gateway
    clock: FakeClock
    ada: Client
    bo: Client
    sam: Client
    bo_id: str

    async def held(self, customer: Client) -> Json:
        """Have Ada take a conversation of a customer who has written; return how frames name it."""
        await customer.say("Hello")
        await customer.said("bot")
        here = {"conversation_id": customer.conversation_id}
        assert (await self.ada.do("claim", **here))["type"] == "ack"
        await customer.owner("agent")
        return here

    async def time_is_up(self) -> Json:
        """Let the time for an answer be over."""
        self.clock.advance(121)
        return {}


@pytest.fixture
async def floor(gateway: Gateway, clock: FakeClock) -> AsyncIterator[Floor]:
    bo_id = await gateway.account_id("bo", capacity=MANY)
    sam = await gateway.account("sam", "supervisor")
    async with (
        gateway.online("ada", capacity=MANY) as ada,
        gateway.online("bo", capacity=MANY) as bo,
        gateway.agent(sam) as supervisor,
    ):
        yield Floor(gateway, clock, ada, bo, supervisor, bo_id)


async def soon(something: Awaitable[Json]) -> Json:
    await asyncio.sleep(random.random() * SPREAD_S)  # noqa: S311 - a race
    return await something


def acked(answer: Json) -> bool:
    if answer["type"] == "ack":
        return True
    assert answer["code"] in {"forbidden", "stale_epoch", "conversation_closed", "already_claimed"}, answer
    return False


@asynccontextmanager
async def watched(floor: Floor) -> AsyncIterator[Client]:
    """Connect a customer; in the end see that the log is whole, and that they and the desks were shown all of it."""
    async with floor.gateway.customer() as customer:
        yield customer
        log = await floor.gateway.log(customer).events()
        while len(customer.seqs()) < len(log):
            await customer.receive()
        assert customer.seqs() == list(range(1, len(log) + 1))
        holder = None
        for event in log:
            if event["kind"] == "owner":
                holder = event.get("agent")
            elif event["kind"] == "message" and event["message"]["role"] == "agent":
                assert event["message"]["agent_id"] == (holder or {}).get("id")
        owner = [event for event in log if event["kind"] == "owner"][-1]
        for desk in (floor.ada, floor.bo):
            await desk.do("presence", state="online")  # whatever was told before is here now
            shown = [f["conversation"] for f in desk.frames if f["type"] == "conversation"]
            here = [each for each in shown if each["conversation_id"] == customer.conversation_id]
            if here or desk.welcome["agent"]["id"] == (holder or {}).get("id"):
                assert (here[-1]["owner"], here[-1].get("agent")) == (owner["owner"], holder)
            desk.frames.clear()


async def said_by(floor: Floor, customer: Client, text: str) -> int:
    return (await floor.gateway.log(customer).messages("agent")).count(text)


async def answering(agent: Client, here: Json, text: str = "Hello") -> Json:
    return await agent.do("send", client_message_id=fresh_id(), text=text, **here)


@pytest.mark.parametrize("to", ["agent", "queue"])
async def test_answered_while_a_supervisor_takes_it(floor: Floor, to: str) -> None:
    for _ in range(RACES):
        async with watched(floor) as customer:
            here = await floor.held(customer)
            where = {"agent_id": floor.bo_id} if to == "agent" else {}
            answer, taken = await asyncio.gather(
                soon(answering(floor.ada, here)), soon(floor.sam.do("transfer", **here, **where))
            )
            assert acked(taken)
            assert await said_by(floor, customer, "Hello") == acked(answer)
            await customer.event("owner", lambda event: (event.get("agent") or {}).get("name") == "Bo")
            assert acked(await answering(floor.bo, here, "I take over."))
            assert not acked(await answering(floor.ada, here, "Late"))


async def test_answered_in_the_moment_the_first_reply_is_due(floor: Floor) -> None:
    """Acknowledged in time: nothing is taken. Else the customer is told, and the next one has it."""
    kept = 0
    for _ in range(RACES):
        async with watched(floor) as customer:
            here = await floor.held(customer)

            answer, _ = await asyncio.gather(soon(answering(floor.ada, here)), soon(floor.time_is_up()))
            in_time = acked(answer)
            kept += in_time
            assert await said_by(floor, customer, "Hello") == in_time
            if in_time:
                assert acked(await answering(floor.ada, here, "Still me."))
                assert await floor.gateway.log(customer).messages("system") == []
            else:
                assert "Ada could not answer you in time" in (await customer.said("system"))["text"]
                await customer.event("owner", lambda event: (event.get("agent") or {}).get("name") == "Bo")


async def test_answered_in_the_moment_an_agent_who_is_away_is_given_up(floor: Floor) -> None:
    """Who answers after all, and is told so, keeps the conversation: the customer waits for nothing any more."""
    for _ in range(RACES):
        async with watched(floor) as customer:
            here = await floor.held(customer)
            assert acked(await answering(floor.ada, here, "One moment"))
            await floor.ada.do("presence", state="away")
            await customer.say("And?")

            answer, _ = await asyncio.gather(soon(answering(floor.ada, here)), soon(floor.time_is_up()))
            if acked(answer):
                assert acked(await answering(floor.ada, here, "Still me."))
            else:
                assert (await customer.event("owner", lambda e: e["owner"] == "queue"))["cause"] == "timed_out"
                await customer.event("owner", lambda event: (event.get("agent") or {}).get("name") == "Bo")
            causes = [event["cause"] for event in await floor.gateway.log(customer).kinds("owner")]
            assert ("timed_out" in causes) != acked(answer)
            await floor.ada.do("presence", state="online")


async def test_passed_on_in_the_moment_it_is_taken(floor: Floor) -> None:
    """The agent's transfer, or the gateway's rescue: one of them, and a follow-up only for a transfer that counted."""
    for _ in range(RACES):
        async with watched(floor) as customer:
            here = await floor.held(customer)

            passed, _ = await asyncio.gather(
                soon(floor.ada.do("transfer", agent_id=floor.bo_id, **here)), soon(floor.time_is_up())
            )
            await customer.event("owner", lambda event: (event.get("agent") or {}).get("name") == "Bo")
            await customer.send("end")  # Bo, too, may have let the time for an answer pass
            await customer.owner("nobody")
            follow_ups = await floor.gateway.log(customer).kinds("follow_up")
            opened = [event for event in follow_ups if event["follow_up"]["standing"] == "opened"]
            assert len(opened) == acked(passed)
            causes = [event["cause"] for event in await floor.gateway.log(customer).kinds("owner")]
            assert ("transferred" in causes) == acked(passed)
            assert acked(passed) or causes[:4] == ["claimed", "timed_out", "assigned", "closed"]


async def test_closed_in_the_moment_it_is_taken(floor: Floor) -> None:
    """The agent's close, or the supervisor's hand: never a closed conversation that somebody holds."""
    for _ in range(RACES):
        async with watched(floor) as customer:
            here = await floor.held(customer)
            closed, taken = await asyncio.gather(
                soon(floor.ada.do("close", **here)),
                soon(floor.sam.do("transfer", agent_id=floor.bo_id, **here)),
            )
            assert acked(closed) != acked(taken)
            assert len(await floor.gateway.log(customer).kinds("closed")) == acked(closed)
            if acked(taken):
                assert acked(await answering(floor.bo, here))
            else:
                assert (await customer.owner("nobody"))["cause"] == "closed"


async def test_given_back_in_the_moment_the_customer_writes(floor: Floor) -> None:
    """Before or after the hand-back: the bot answers what was written, once."""
    for number in range(RACES):
        async with watched(floor) as customer:
            here = await floor.held(customer)
            _, back = await asyncio.gather(
                soon(customer.say(f"number {number}")), soon(floor.ada.do("hand_back", **here))
            )
            assert acked(back)
            assert (await customer.said("bot"))["text"] == f"You said: number {number}"
            answers = await floor.gateway.log(customer).messages("bot")
            assert answers == ["You said: Hello", f"You said: number {number}"]


async def test_a_call_is_asked_for_in_the_moment_somebody_comes(floor: Floor) -> None:
    """A promise or a person, not both; and a promise stays on the list until it is kept."""
    await floor.gateway.change_team("general", mode="manual")
    for _ in range(RACES):
        async with watched(floor) as customer:
            await customer.request_agent()
            await customer.owner("queue")
            here = {"conversation_id": customer.conversation_id}

            wish = customer.do("call_back", client_message_id=fresh_id(), contact="+420 777 123 456")
            promised, claimed = await asyncio.gather(soon(wish), soon(floor.ada.do("claim", **here)))
            assert acked(claimed)  # out of the queue, or from the bot that has it meanwhile
            call_backs = await floor.gateway.log(customer).kinds("call_back")
            assert len(call_backs) == acked(promised)
            await customer.owner("agent")
            assert acked(await answering(floor.ada, here))
            await floor.ada.do("close", **here)
            await customer.owner("nobody")
            done = [e["call_back"]["standing"] for e in await floor.gateway.log(customer).kinds("call_back")]
            assert done == (["opened", "done"] if acked(promised) else [])
