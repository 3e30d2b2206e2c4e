"""A thumb in the widget reaches the bot: with the next turn, and from the second one down on at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from handoff_gateway.core.conversation import Conversation, apply
from handoff_gateway.core.events import (
    Cause,
    FeedbackGiven,
    HandedOff,
    MessagePosted,
    Owner,
    OwnerChanged,
    Recorded,
    Role,
)
from handoff_gateway.store import snapshot
from tests.support.bot import FakeBot, reply
from tests.support.clock import MONDAY
from tests.support.gateway import PATIENCE_S, Client, Gateway, running_gateway

Json = dict[str, Any]
SOURCES = [{"article_id": "a", "title": "A", "url": "/help/a", "passage": "…"}]


async def answered(customer: Client, text: str = "Where is it?") -> int:
    """Ask, and return the seq of the bot's answer."""
    await customer.say(text)
    event = await customer.event("message", lambda e: e["message"]["role"] == "bot")
    return int(event["seq"])


async def rate(customer: Client, seq: int, helpful: bool) -> None:
    await customer.send("feedback", seq=seq, helpful=helpful)
    await customer.event("feedback")


async def until_asked(bot: FakeBot, count: int) -> Json:
    """Wait until the bot has been asked so often; return what it was asked then."""
    async with asyncio.timeout(PATIENCE_S):
        return await bot.until_asked(count)


async def test_every_turn_says_how_answers_of_its_leg_were_rated(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.customer() as customer:
        first = await answered(customer)
        assert "thumbs" not in bot.asked[0]["metadata"]
        await rate(customer, first, helpful=False)
        second = await answered(customer)
        assert bot.asked[1]["metadata"]["thumbs"] == {"up": 0, "down": 1}
        await rate(customer, second, helpful=True)
        await rate(customer, first, helpful=True)  # thought again
        await answered(customer)
        assert bot.asked[2]["metadata"]["thumbs"] == {"up": 2, "down": 0}
        assert len(bot.asked) == 3


async def test_the_second_thumb_down_lets_the_bot_speak_at_once(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.customer(language="cs") as customer:
        first, second = await answered(customer), await answered(customer)
        await rate(customer, first, helpful=False)
        await rate(customer, first, helpful=False)  # the same one again is not the second
        assert len(bot.asked) == 2

        async def call(_: Json) -> tuple[int, bytes]:
            return reply(handoff={"reason": "low_confidence", "line": "I am calling a colleague."})

        bot.behave = call
        await rate(customer, second, helpful=False)
        turn = await until_asked(bot, 3)
        assert (turn["message"], "payload" in turn) == ("", False)
        about = turn["metadata"]
        assert (about["trigger"], about["thumbs"], about["language"]) == ("thumbs_down", {"up": 0, "down": 2}, "cs")
        assert about["message_id"].startswith("feedback-")
        assert (await customer.owner("queue"))["cause"] == "handed_off"
        handoff = (await gateway.log(customer).kinds("handoff"))[0]["handoff"]
        assert (handoff["reason"], handoff["line"]) == ("low_confidence", "I am calling a colleague.")


async def test_a_claim_in_between_wins(gateway: Gateway, bot: FakeBot) -> None:
    """The bot was about to speak for the thumbs; an agent took the conversation; nothing of the bot's appears."""
    released = asyncio.Event()
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        first, second = await answered(customer), await answered(customer)

        async def slow(_: Json) -> tuple[int, bytes]:
            await released.wait()
            return reply("I am sorry.")

        bot.behave = slow
        for seq in (first, second):
            await rate(customer, seq, helpful=False)
        await until_asked(bot, 3)
        await ada.do("claim", conversation_id=customer.conversation_id)
        released.set()
        await customer.owner("agent")
        await ada.do("send", conversation_id=customer.conversation_id, client_message_id="m", text="Hello")
        await customer.said("agent")
        assert len(await gateway.log(customer).messages("bot")) == 2


async def test_a_bot_that_says_nothing_to_it_calls_a_person(gateway: Gateway, bot: FakeBot) -> None:
    async def down(_: Json) -> tuple[int, bytes]:
        return 503, b"{}"

    async with gateway.customer() as customer:
        rated = [await answered(customer), await answered(customer)]
        bot.behave = down
        for seq in rated:
            await rate(customer, seq, helpful=False)
        await customer.owner("queue")
        assert (await gateway.log(customer).kinds("handoff"))[0]["handoff"]["reason"] == "bot_unavailable"


async def test_thumbs_count_for_their_leg_only(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        old = await answered(customer)
        await rate(customer, old, helpful=False)
        await ada.do("claim", conversation_id=customer.conversation_id)
        await ada.do("hand_back", conversation_id=customer.conversation_id)
        await customer.owner("bot")
        new = await answered(customer)
        await rate(customer, old, helpful=False)
        await rate(customer, new, helpful=False)
        await answered(customer)
        assert bot.asked[-1]["metadata"]["thumbs"] == {"up": 0, "down": 1}
        assert all("trigger" not in turn["metadata"] for turn in bot.asked)


async def test_a_restart_remembers_the_thumbs_and_the_turn_that_is_owed(tmp_path: Path, bot: FakeBot) -> None:
    released = asyncio.Event()

    async def slow(_: Json) -> tuple[int, bytes]:
        await released.wait()
        return reply("Too late.")

    async with running_gateway(tmp_path, bot_port=bot.port) as gateway, gateway.customer() as customer:
        rated = [await answered(customer), await answered(customer)]
        bot.behave = slow
        for seq in rated:
            await rate(customer, seq, helpful=False)
        await until_asked(bot, 3)
    released.set()
    bot.behave = bot.echo
    async with running_gateway(tmp_path, bot_port=bot.port):
        assert (await until_asked(bot, 4))["metadata"]["thumbs"] == {"up": 0, "down": 2}


def test_verdicts_on_what_people_said_owe_nothing() -> None:
    """While people have the conversation, and after the close, a thumb is only kept."""
    state = Conversation("c")

    def record(event: Any, epoch: int) -> None:
        nonlocal state
        state = apply(state, Recorded(state.seq + 1, MONDAY, 1, epoch, event))

    record(MessagePosted(Role.BOT, "a", extras={"sources": SOURCES}), 1)
    record(MessagePosted(Role.BOT, "b"), 1)
    record(FeedbackGiven(1, helpful=False), 1)
    record(HandedOff("customer_request", "…", "", "en"), 1)
    record(OwnerChanged(Owner.QUEUE, Cause.HANDED_OFF), 2)
    record(FeedbackGiven(2, helpful=False), 2)
    assert (state.pending, state.thumbs()) == ((), {"up": 0, "down": 1})
    assert snapshot.load("c", "en", snapshot.dump(state)) == state
