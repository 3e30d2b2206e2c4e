"""The bot gets a conversation whose last words nobody has answered: it answers them, once, and calls nobody again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.handoff_gateway.test_rescue import answer, given
from tests.support.bot import Answer, FakeBot, reply
from tests.support.clock import FakeClock
from tests.support.gateway import PATIENCE_S, Client, Gateway, fresh_id, running_gateway

Json = dict[str, Any]
SO_SOON = "I have not passed this on again so soon"


def doubtful(reason: str) -> Any:
    async def behave(_turn: Json) -> Answer:
        return reply(handoff={"reason": reason, "line": "I get a colleague.", "summary": "Stuck.", "language": "en"})

    return behave


async def handed_back(agent: Client, customer: Client) -> None:
    assert (await agent.do("hand_back", conversation_id=customer.conversation_id))["type"] == "ack"
    assert (await customer.owner("bot"))["cause"] == "handed_back"


async def nothing_more(gateway: Gateway, bot: FakeBot, customer: Client) -> None:
    """Ask one more thing, and see that the bot was asked nothing else before."""
    asked = len(bot.asked)
    await customer.say("one more")
    async with asyncio.timeout(PATIENCE_S):
        assert (await bot.until_asked(asked + 1))["message"] == "one more"


async def test_06_given_back_with_words_nobody_answered(gateway: Gateway, bot: FakeBot) -> None:
    """Three messages to an agent who gives the conversation back: one turn of the bot about all of them."""
    async with gateway.online() as ada, gateway.customer() as customer:
        await given(customer)
        await answer(ada, customer)
        for text in ("Thanks.", "My parcel is late.", "When does it come?"):
            await customer.say(text)
        await handed_back(ada, customer)
        said = await customer.said("bot")
        assert said["text"] == "You said: Thanks.\nMy parcel is late.\nWhen does it come?"
        questions = [e for e in await gateway.log(customer).events() if e["kind"] == "message"]
        assert questions[-2]["message"]["text"] == "When does it come?"
        assert said["in_reply_to"] == questions[-2]["seq"]
        assert bot.asked[0]["sender"] == f"{customer.conversation_id}.2"
        assert bot.asked[0]["metadata"]["turn"] == 1
        await nothing_more(gateway, bot, customer)


async def test_what_the_agent_answered_is_not_taken_up(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.online() as ada, gateway.customer() as customer:
        await given(customer)
        await customer.say("When does it come?")
        await answer(ada, customer, "Tomorrow.")
        await ada.do("note", conversation_id=customer.conversation_id, client_message_id=fresh_id(), text="Done.")
        await handed_back(ada, customer)
        await nothing_more(gateway, bot, customer)


async def test_a_customer_who_leaves_the_queue_is_answered(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.say("Do you ship to Norway?")
        await customer.send("leave_queue")
        assert (await customer.owner("bot"))["cause"] == "left_queue"
        assert (await customer.said("bot"))["text"] == "You said: Do you ship to Norway?"
        await nothing_more(gateway, bot, customer)


@pytest.mark.parametrize("way", ["asked for", "by time"])
async def test_a_customer_who_is_promised_a_call_is_answered_meanwhile(
    gateway: Gateway, bot: FakeBot, clock: FakeClock, way: str
) -> None:
    hours = {"time_zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}}
    await gateway.change_team("general", hours=hours)
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.say("Do you ship to Norway?")
        if way == "asked for":
            await customer.send("call_back")
        else:
            clock.move(datetime(2026, 3, 2, 17, 0, tzinfo=UTC) + timedelta(seconds=181))
        assert (await customer.owner("bot"))["cause"] == "promised"
        assert (await customer.said("bot"))["text"] == "You said: Do you ship to Norway?"


async def test_a_claim_that_interrupts_the_bot_costs_no_answer(gateway: Gateway, bot: FakeBot) -> None:
    """An agent took the conversation while the bot was thinking, and gives it back without a word."""
    never = asyncio.Event()

    async def slow(_turn: Json) -> Answer:
        await never.wait()
        return reply("Never seen")

    bot.behave = slow
    token = await gateway.account("ada")
    async with gateway.agent(token) as ada, gateway.customer() as customer:
        await customer.say("Do you ship to Norway?")
        async with asyncio.timeout(PATIENCE_S):
            await bot.until_asked(1)
        await ada.do("claim", conversation_id=customer.conversation_id)
        await customer.owner("agent")
        bot.behave = bot.echo
        await handed_back(ada, customer)
        assert (await customer.said("bot"))["text"] == "You said: Do you ship to Norway?"
        assert await gateway.log(customer).messages("bot") == ["You said: Do you ship to Norway?"]
        never.set()


async def test_a_promise_answers_only_what_led_to_it(gateway: Gateway, bot: FakeBot) -> None:
    """Two messages at once while everybody is away: a promise for the first, an answer to the second."""
    await gateway.change_team("general", hours={"time_zone": "UTC", "weekly": {}})
    let_go = asyncio.Event()

    async def first_only(turn: Json) -> Answer:
        if turn["message"] == "useless":
            await let_go.wait()
            return await doubtful("frustration")(turn)  # type: ignore[no-any-return]
        return await bot.echo(turn)

    bot.behave = first_only
    async with gateway.customer() as customer:
        await customer.say("useless")
        await customer.say("Where is my parcel?")
        let_go.set()
        assert (await customer.owner("bot"))["cause"] == "promised"
        assert (await customer.said("bot"))["text"] == "You said: Where is my parcel?"
        assert [turn["message"] for turn in bot.asked] == ["useless", "Where is my parcel?"]


@pytest.mark.parametrize("reason", ["frustration", "low_confidence", "repeated_question"])
async def test_06_the_old_doubt_calls_nobody_again(
    gateway: Gateway, bot: FakeBot, clock: FakeClock, reason: str
) -> None:
    """Given back without a word, however late: the bot is asked again, and its doubt of before is no second handoff."""
    bot.behave = doubtful(reason)
    async with gateway.online() as ada, gateway.customer() as customer:
        await customer.say("where is it")
        await customer.owner("queue")
        await customer.owner("agent")
        clock.advance(100)
        await handed_back(ada, customer)
        assert SO_SOON in (await customer.said("bot"))["text"]
        assert bot.asked[1]["metadata"]["earlier_handoffs"] == [reason]
        assert len(await gateway.log(customer).kinds("handoff")) == 1
        clock.advance(31)
        await customer.say("still nothing")  # said to the bot, and later: it may call somebody
        await customer.owner("queue")


@pytest.mark.parametrize("reason", ["customer_request", "policy"])
async def test_who_asked_for_a_person_is_not_sent_to_one_again(gateway: Gateway, bot: FakeBot, reason: str) -> None:
    bot.behave = doubtful(reason)
    async with gateway.online() as ada, gateway.customer() as customer:
        await customer.say("a person, please")
        await customer.owner("queue")
        await customer.owner("agent")
        await handed_back(ada, customer)
        bot.behave = bot.echo
        await nothing_more(gateway, bot, customer)


@pytest.mark.parametrize("reason", ["frustration", "customer_request"])
async def test_who_left_the_queue_is_not_sent_back_for_what_they_said_in_it(
    gateway: Gateway, bot: FakeBot, reason: str
) -> None:
    bot.behave = doubtful(reason)
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.say("is anybody there???")
        await customer.send("leave_queue")
        assert SO_SOON in (await customer.said("bot"))["text"]
        assert len(await gateway.log(customer).kinds("handoff")) == 1


async def test_what_touches_safety_reaches_a_person_though_the_customer_left(gateway: Gateway, bot: FakeBot) -> None:
    bot.behave = doubtful("policy")
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.say("somebody has my card")
        await customer.send("leave_queue")
        await customer.owner("bot")
        await customer.event("owner", lambda event: event["owner"] == "queue" and event["epoch"] > 3)


async def test_a_bot_that_is_away_is_said_to_be_once(tmp_path: Path) -> None:
    """Left the queue, and the bot cannot be reached: one honest line instead of the queue that was left."""
    async with running_gateway(tmp_path, bot_port=9) as gateway, gateway.customer() as customer:
        await customer.say("Do you ship to Norway?")
        assert (await customer.owner("queue"))["cause"] == "handed_off"
        await customer.say("Hello?")
        await customer.send("leave_queue")
        assert SO_SOON in (await customer.said("bot"))["text"]
        assert len(await gateway.log(customer).kinds("handoff")) == 1
        await customer.say("And to Sweden?")
        await customer.owner("queue")


async def test_an_agent_who_gives_back_what_a_bot_could_not_take_gets_it_answered(
    gateway: Gateway, bot: FakeBot
) -> None:
    """The bot was away and is back: what it could not answer then it answers now."""

    async def away(_turn: Json) -> Answer:
        return 503, b"{}"

    bot.behave = away
    async with gateway.online() as ada, gateway.customer() as customer:
        await customer.say("Do you ship to Norway?")
        await customer.owner("agent")
        bot.behave = bot.echo
        await handed_back(ada, customer)
        assert (await customer.said("bot"))["text"] == "You said: Do you ship to Norway?"
        handoff = (await gateway.log(customer).kinds("handoff"))[0]
        assert handoff["handoff"]["in_reply_to"] == 1


async def test_words_written_while_the_bot_takes_up_come_after(gateway: Gateway, bot: FakeBot) -> None:
    let_go = asyncio.Event()

    async def slow(turn: Json) -> Answer:
        await let_go.wait()
        return await bot.echo(turn)

    bot.behave = slow
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.say("one")
        await customer.say("two")
        await customer.send("leave_queue")
        async with asyncio.timeout(PATIENCE_S):
            await bot.until_asked(1)
        await customer.say("three")
        let_go.set()
        assert [(await customer.said("bot"))["text"] for _ in range(2)] == ["You said: one\ntwo", "You said: three"]
        assert [turn["metadata"]["turn"] for turn in bot.asked] == [1, 2]


async def test_a_summary_names_what_was_taken_up(gateway: Gateway, bot: FakeBot) -> None:
    """Given back, and the bot is away: the next agent reads what the customer last said."""

    async def away(_turn: Json) -> Answer:
        return 503, b"{}"

    bot.behave = away
    async with gateway.online() as ada, gateway.customer() as customer:
        await given(customer)
        await customer.say("Do you ship to Norway?")
        await handed_back(ada, customer)
        await customer.owner("queue")
        assert (await gateway.log(customer).kinds("handoff"))[-1]["handoff"]["summary"] == "Do you ship to Norway?"


async def test_of_very_long_words_the_newest_go_whole(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.customer() as customer:
        await customer.request_agent()
        for text in ("a" * 1500, "b" * 1500, "c" * 9000):
            await customer.say(text)
        await customer.send("leave_queue")
        await customer.said("bot")
        assert bot.asked[0]["message"] == "b" * 1500 + "\n" + "c" * 9000
