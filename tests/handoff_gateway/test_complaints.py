"""What people suffer from in other systems, one test each, named after the complaint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot import Answer, FakeBot, reply
from tests.support.gateway import PATIENCE_S, Client, Gateway, fresh_id, running_gateway

Json = dict[str, Any]


def after_seconds(seconds: float) -> Callable[[Json], Awaitable[Answer]]:
    async def slow(turn: Json) -> Answer:
        await asyncio.sleep(seconds)  # the fake's slowness is the point of the test
        return reply("Too late")

    return slow


def with_answer(status: int, body: bytes) -> Callable[[Json], Awaitable[Answer]]:
    async def answer(turn: Json) -> Answer:
        return status, body

    return answer


async def test_04_bot_talks_over_the_human(gateway: Gateway, bot: FakeBot) -> None:
    """200 claims against 200 bot replies: after a claim there is no bot message.

    Three claims of four come when the bot has been asked and is about to answer, the fourth right after the question.
    """
    token = await gateway.account("ada", "agent", capacity=250)
    being_answered = [asyncio.Event() for _ in range(200)]

    async def behave(turn: Json) -> Answer:
        being_answered[int(turn["message"])].set()
        return reply("Hello!")

    bot.behave = behave

    async def race(number: int) -> None:
        async with gateway.customer() as customer:
            await customer.say(str(number))
            if number % 4:
                async with asyncio.timeout(PATIENCE_S):
                    await being_answered[number].wait()
            await agent.send("claim", conversation_id=customer.conversation_id, request_id=f"r{number}")
            await customer.owner("agent")
            await customer.say("are you there?")
            events = await gateway.log(customer).events()
        claimed = next(e["seq"] for e in events if e["kind"] == "owner")
        late = [e for e in events if e["kind"] == "message" and e["message"]["role"] == "bot" and e["seq"] > claimed]
        assert late == []

    async with gateway.agent(token) as agent:
        for first in range(0, 200, 20):
            await asyncio.gather(*(race(number) for number in range(first, first + 20)))
    assert len(bot.asked) >= 150


async def test_06_handoff_loop_after_reopening(gateway: Gateway) -> None:
    """Handoff, close, "hi, opening hours?": the bot answers and nobody is called again."""
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("agent")
        await agent.do("close", conversation_id=customer.conversation_id)
        await customer.owner("nobody")
        await customer.say("hi, opening hours?")
        assert (await customer.said("bot"))["text"] == "You said: hi, opening hours?"
        log = gateway.log(customer)
        assert len(await log.kinds("handoff")) == 1
        assert [e["episode"] for e in await log.kinds("message")] == [2, 2]


@pytest.mark.parametrize("language", ["en", "cs", "lt", "de"])
async def test_07_silent_handoff(gateway: Gateway, bot: FakeBot, language: str) -> None:
    """Each handoff has one line for the customer, in their language, stored before the wait begins."""
    bot.behave = with_answer(503, b'{"error": "no model"}')
    async with gateway.customer(language=language) as customer:
        await customer.say("?")
        handoff = await customer.event("handoff")
        owner = await customer.event("owner")
        assert owner["seq"] == handoff["seq"] + 1
        lines = {"en": "colleague", "cs": "kolegovi", "lt": "kolegai", "de": "Kollegin"}
        assert lines[language] in handoff["handoff"]["line"]
        assert handoff["handoff"]["language"] == language
        assert await gateway.log(customer).messages("bot") == []


async def test_08_promise_without_transfer(gateway: Gateway, bot: FakeBot) -> None:
    """A handoff's line and its transfer are one: both are there, and so is the bot's last word before them."""
    wish = {"reason": "frustration", "line": "I get a colleague.", "summary": "Late parcel.", "signals": {"anger": 0.9}}
    bot.behave = with_answer(*reply("I am sorry.", handoff=wish))
    async with gateway.customer() as customer:
        await customer.say("this is useless")
        await customer.owner("queue")
        kinds = [e["kind"] for e in await gateway.log(customer).events()]
        assert kinds == ["message", "message", "handoff", "owner"]
        assert len(bot.asked) == 1


@pytest.mark.parametrize(
    ("name", "behave"),
    [
        ("slow", after_seconds(2.0)),
        ("500", with_answer(500, b"")),
        ("503", with_answer(503, b'{"error": "x"}')),
        ("not json", with_answer(200, b"<html>")),
        ("empty", with_answer(200, b'{"replies": [], "handoff": null}')),
        ("no replies", with_answer(200, b"{}")),
        ("wrong shape", with_answer(200, b'{"replies": [{"text": 5}], "handoff": null}')),
        ("a list", with_answer(200, b"[]")),
        ("half a character", with_answer(200, b'{"replies": [{"text": "\\ud800"}], "handoff": null}')),
        ("half a character inside", with_answer(200, b'{"replies": [{"text": "a", "answer": {"x": ["\\ud800"]}}]}')),
    ],
)
async def test_09_failed_bot_leaves_limbo(
    tmp_path: Path, bot: FakeBot, name: str, behave: Callable[[Json], Awaitable[Answer]]
) -> None:
    """However the bot fails, a person takes over, once, within the deadline; a late answer is never shown."""
    bot.behave = behave
    async with (
        running_gateway(tmp_path, bot_port=bot.port, bot_deadline_s=0.2) as gateway,
        gateway.customer() as customer,
    ):
        await customer.say("hello?")
        await customer.say("hello??")
        await customer.owner("queue")
        handoffs = await gateway.log(customer).kinds("handoff")
        assert [h["handoff"]["reason"] for h in handoffs] == ["bot_unavailable"]
        assert await gateway.log(customer).messages("bot") == []


async def test_09_bot_refuses_connections(tmp_path: Path) -> None:
    async with running_gateway(tmp_path) as gateway, gateway.customer() as customer:
        await customer.say("hello?")
        assert (await customer.event("handoff"))["handoff"]["summary"] == "hello?"
        await customer.owner("queue")


async def test_11_no_position_in_the_queue(gateway: Gateway) -> None:
    """Five arrivals without a free agent see 1 to 5; one leaves and the others move up."""
    customers = [await gateway.customer().__aenter__() for _ in range(5)]
    for position, customer in enumerate(customers, 1):
        await customer.request_agent()
        assert (await customer.until("queue"))["position"] == position
    await customers[1].send("leave_queue")
    await customers[1].owner("bot")
    for customer, position in ((customers[2], 2), (customers[3], 3), (customers[4], 4)):
        assert (await customer.until("queue"))["position"] == position
    for customer in customers:
        await customer.connection.close()


async def test_12_position_shown_once(gateway: Gateway) -> None:
    """The position is right again after a reconnect, and comes with every change."""
    async with gateway.customer() as first, gateway.customer() as second:
        await first.request_agent()
        await second.request_agent()
        assert (await second.until("queue"))["position"] == 2
        async with gateway.customer(token=second.welcome["token"], after_seq=2) as again:
            assert (await again.until("queue"))["position"] == 2
            await first.send("end")
            assert (await again.until("queue"))["position"] == 1
            assert (await second.until("queue"))["position"] == 1


async def test_12_at_most_one_position_a_second(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, queue_interval_s=1.0) as gateway:
        others = [await gateway.customer().__aenter__() for _ in range(6)]
        for other in others:
            await other.request_agent()
        started = asyncio.get_running_loop().time()
        async with gateway.customer() as last:
            await last.request_agent()
            assert (await last.until("queue"))["position"] == 7
            for other in others:
                await other.send("leave_queue")
                await other.owner("bot")
            await last.until("queue", lambda frame: frame["position"] == 1)
            seconds = asyncio.get_running_loop().time() - started
        positions = [frame["position"] for frame in last.frames if frame["type"] == "queue"]
        assert positions == sorted(positions, reverse=True)
        assert len(positions) <= 1 + seconds
        for other in others:
            await other.connection.close()


async def test_13_capacity_exceeded_by_races(gateway: Gateway) -> None:
    """60 arrivals at once, 3 agents who may hold 4 each: 12 are held, 48 wait, nobody has more."""
    async with gateway.online("ada", 4) as ada, gateway.online("bo", 4), gateway.online("cy", 4):
        customers = [await gateway.customer().__aenter__() for _ in range(60)]
        await asyncio.gather(*(customer.request_agent() for customer in customers))
        async with asyncio.timeout(PATIENCE_S):
            while len(held := await gateway.owned_by("agent")) < 12:
                pass  # each look is a request, so others get their turn
        assert sorted(c["agent"]["name"] for c in held) == ["Ada"] * 4 + ["Bo"] * 4 + ["Cy"] * 4
        queue = await gateway.owned_by("queue")
        assert len(queue) == 48
        waiting = queue[0]["conversation_id"]
        assert (await ada.do("claim", conversation_id=waiting))["code"] == "at_capacity"
        for customer in customers:
            await customer.connection.close()


async def test_16_doubled_messages_on_a_weak_link(gateway: Gateway) -> None:
    """The same id five times over three sockets and two tabs: one row, one conversation, the same ack."""
    async with gateway.customer() as tab:
        token, same = tab.welcome["token"], fresh_id()
        async with gateway.customer(token=token) as other, gateway.customer(token=token) as third:
            assert {tab.conversation_id, other.conversation_id} == {third.conversation_id}
            acks = [await client.say("only once", client_message_id=same) for client in (tab, tab, other, third, other)]
        assert all(ack == acks[0] for ack in acks)
        await tab.said("bot")
        log = gateway.log(tab)
        assert await log.messages("customer") == ["only once"]
        assert await log.messages("bot") == ["You said: only once"]


async def test_17_out_of_order_under_load(gateway: Gateway) -> None:
    """Two tabs write at once; every socket shows the same order, without holes."""
    async with gateway.online() as agent, gateway.customer() as tab:
        await tab.request_agent()
        await tab.owner("agent")
        async with gateway.customer(token=tab.welcome["token"]) as other:

            async def write(client: Client, name: str) -> None:
                for number in range(50):
                    await client.send("send", client_message_id=f"{name}{number}", text=f"{name}{number}")

            await asyncio.gather(write(tab, "a"), write(other, "b"))
            for client in (tab, other, agent):
                while len(set(client.seqs())) < 102:
                    await client.receive()
                assert client.seqs() == list(range(1, 103))


async def test_19_posting_into_a_closed_conversation(gateway: Gateway) -> None:
    """After a close the customer's next word opens an episode with the bot; an agent cannot write into the void."""
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.say("one")
        await customer.send("end")
        await customer.owner("nobody")
        refused = await agent.do(
            "send", conversation_id=customer.conversation_id, client_message_id=fresh_id(), text="hello?"
        )
        assert refused["code"] == "conversation_closed"
        await customer.say("two")
        opened = await customer.owner("bot")
        assert (opened["episode"], opened["cause"]) == (2, "opened")
        assert (await customer.said("bot"))["text"] == "You said: two"


async def test_20_second_handoff_of_the_same_customer(gateway: Gateway, bot: FakeBot) -> None:
    """Three episodes, three handoffs, and the bot comes back clean each time."""
    async with gateway.online() as agent, gateway.customer() as customer:
        for episode in (1, 2, 3):
            await customer.say(f"question {episode}")
            await customer.said("bot")
            await customer.request_agent()
            await customer.owner("agent")
            await agent.do("close", conversation_id=customer.conversation_id)
            await customer.owner("nobody")
        handoffs = await gateway.log(customer).kinds("handoff")
        assert [h["handoff"]["summary"] for h in handoffs] == ["question 1", "question 2", "question 3"]
        assert len({turn["sender"] for turn in bot.asked}) == 3


async def test_24_anyone_can_be_anyone(gateway: Gateway) -> None:
    """Nobody gets into a conversation with no token, an empty, a forged or another's id for one."""
    async with gateway.customer() as owner:
        await owner.say("my secret")
        conversation_id = owner.conversation_id
        for hello in ({}, {"token": ""}):
            async with gateway.customer(**hello) as stranger:
                assert stranger.conversation_id != conversation_id
                assert stranger.welcome["seq"] == 0
        for forged in ("x" * 43, owner.welcome["token"][:-1], conversation_id, owner.welcome["customer_id"]):
            async with gateway.raw("/v1/customer") as stranger:
                await stranger.connection.send(json.dumps({"type": "hello", "version": 1, "token": forged}))
                assert (await stranger.receive())["code"] == "unauthorized"
                await stranger.connection.wait_closed()
                assert stranger.connection.close_code == 1008


async def test_typing_dots_never_end_after_takeover(gateway: Gateway, bot: FakeBot) -> None:
    """When an agent takes over while the bot thinks, the bot's dots end at once."""
    bot.behave = after_seconds(4)
    token = await gateway.account("ada")
    async with gateway.agent(token) as agent, gateway.customer() as customer:
        await customer.say("hello?")
        await customer.until("typing", lambda frame: frame["on"])
        await agent.do("claim", conversation_id=customer.conversation_id)
        async with asyncio.timeout(PATIENCE_S):
            assert (await customer.until("typing"))["on"] is False


async def test_bot_is_silent_after_it_got_the_conversation_back(gateway: Gateway, bot: FakeBot) -> None:
    """After a hand-back the bot answers, under a new sender, with its turns counted from the start."""
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.say("one")
        await customer.said("bot")
        await customer.request_agent()
        await customer.owner("agent")
        await agent.do("hand_back", conversation_id=customer.conversation_id)
        await customer.owner("bot")
        await customer.say("two")
        assert (await customer.said("bot"))["text"] == "You said: two"
        assert [turn["sender"] for turn in bot.asked] == [f"{customer.conversation_id}.{leg}" for leg in (1, 2)]
        assert bot.asked[1]["metadata"]["turn"] == 1
