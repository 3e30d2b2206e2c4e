"""A customer waits for an answer, and who holds the conversation is not at it: somebody else gets to answer."""

from __future__ import annotations

import json

import pytest

from tests.handoff_gateway.test_rescue import answer, given
from tests.support.bot import FakeBot, reply
from tests.support.clock import FakeClock
from tests.support.gateway import Gateway, fresh_id


@pytest.mark.parametrize("state", ["away", "offline"])
async def test_10_answered_once_then_the_agent_turned_away(gateway: Gateway, clock: FakeClock, state: str) -> None:
    """Who went away or offline with the desk open keeps nobody waiting: two minutes, and another agent has it."""
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await given(customer)
        await answer(ada, customer, "One moment, please")
        await customer.say("Are you still there?")
        await ada.do("presence", state=state)
        clock.advance(119)
        clock.advance(2)
        assert (await customer.owner("queue"))["cause"] == "timed_out"
        assert "first in line" in (await customer.said("system"))["text"]
        assert (await ada.until("alert"))["about"] == "rescued"
        async with gateway.online("bo") as bo:
            assert (await customer.owner("agent"))["agent"]["name"] == "Bo"
            await answer(bo, customer)


async def test_10_words_that_come_while_the_agent_is_away_count(gateway: Gateway, clock: FakeClock) -> None:
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await given(customer)
        await answer(ada, customer)
        await ada.do("presence", state="away")
        clock.advance(3600)  # the customer has said nothing: nobody waits
        await customer.say("I have found the receipt")
        clock.advance(121)
        owner = await customer.event("owner", lambda event: event["cause"] == "timed_out")
        assert owner["owner"] == "queue"


async def test_an_agent_who_is_away_and_works_keeps_what_they_hold(gateway: Gateway, clock: FakeClock) -> None:
    """Away is also for finishing what one has: whoever writes, or has answered, is at it."""
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await given(customer)
        await answer(ada, customer)
        await ada.do("presence", state="away")
        await customer.say("And the other shoe?")
        clock.advance(100)
        await ada.send("typing", conversation_id=customer.conversation_id, on=True)  # a long answer
        await customer.until("typing", lambda frame: frame["role"] == "agent" and frame["on"])
        clock.advance(100)
        await answer(ada, customer, "Both go into one parcel.")
        clock.advance(3600)
        await answer(ada, customer, "Anything else?")
        assert [event["cause"] for event in await gateway.log(customer).kinds("owner")] == ["handed_off", "assigned"]


async def test_a_supervisor_takes_a_conversation_from_who_is_not_at_it(gateway: Gateway) -> None:
    """To an agent, to a team, or back to the queue; the log says who took it from whom, and the holder sees it go."""
    supervisor = await gateway.account("sam", "supervisor")
    async with gateway.online("ada") as ada, gateway.agent(supervisor) as sam, gateway.customer() as customer:
        await given(customer)
        await answer(ada, customer)
        here = {"conversation_id": customer.conversation_id}
        refused = await sam.do("transfer", **here, agent_id=ada.welcome["agent"]["id"])
        assert (refused["code"], refused["message"]) == (
            "forbidden",
            "agent_id: this agent holds the conversation already",
        )
        async with gateway.online("bo") as bo:
            assert (await sam.do("transfer", **here, agent_id=bo.welcome["agent"]["id"]))["type"] == "ack"
            taken = await customer.event("owner", lambda event: event["cause"] == "transferred")
            assert taken["agent"]["name"] == "Bo"
            gone = await ada.until("conversation", lambda frame: frame["conversation"]["agent"]["name"] == "Bo")
            assert gone["conversation"]["conversation_id"] == customer.conversation_id
            note = (await gateway.log(customer).kinds("note"))[-1]["note"]
            assert (note["agent"]["name"], note["text"]) == ("Sam", "Passed on from Ada.")
            assert (await ada.do("send", **here, client_message_id=fresh_id(), text="Late"))["code"] == "forbidden"
            assert (await sam.do("transfer", **here, note="Bo has lunch"))["type"] == "ack"
            back = await customer.event("owner", lambda event: event["owner"] == "agent")
            assert back["agent"]["name"] == "Ada"  # not Bo again, from whom it was taken


@pytest.mark.parametrize("to", ["agent", "team"])
async def test_a_supervisor_passes_on_what_waits(gateway: Gateway, to: str) -> None:
    """To an agent, or to another team's queue; agents have to claim it first."""
    team = await gateway.team("Billing", "rita")
    supervisor = await gateway.account("sam", "supervisor")
    async with gateway.agent(supervisor) as sam, gateway.online("rita") as rita, gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("queue")
        here = {"conversation_id": customer.conversation_id}
        for who, where in ((rita, {"team": "Billing"}), (sam, {})):
            refused = await who.do("transfer", **here, **where)
            assert (refused["code"], refused["message"]) == ("forbidden", "claim the conversation first")
        where = {"team": "Billing"} if to == "team" else {"agent_id": await gateway.account_id("rita")}
        assert (await sam.do("transfer", **here, **where, note="About an invoice"))["type"] == "ack"
        moved = await customer.event("owner", lambda event: event["cause"] == "transferred")
        assert (moved["owner"], moved["team"]) == (("queue", team["id"]) if to == "team" else ("agent", "general"))
        taken = moved if to == "agent" else await customer.owner("agent")
        assert taken["agent"]["name"] == "Rita"
        await answer(rita, customer)


async def test_what_waits_for_a_team_is_not_passed_on_to_it(gateway: Gateway) -> None:
    await gateway.team("Billing", "rita")
    supervisor = await gateway.account("sam", "supervisor")
    async with gateway.agent(supervisor) as sam, gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("queue")
        here = {"conversation_id": customer.conversation_id, "team": "Billing"}
        assert (await sam.do("transfer", **here))["type"] == "ack"
        refused = await sam.do("transfer", **here)
        assert refused["message"] == "team: the conversation waits in this team's queue already"


async def test_an_agent_takes_nothing_from_a_colleague(gateway: Gateway) -> None:
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await given(customer)
        await answer(ada, customer)
        async with gateway.online("bo") as bo:
            refused = await bo.do("transfer", conversation_id=customer.conversation_id)
            assert (refused["code"], refused["message"]) == ("forbidden", "another agent holds the conversation")


async def test_a_frame_too_large_is_refused_by_its_name(gateway: Gateway) -> None:
    """A client that waits for the answer to a message must learn which one was too long."""
    text = "x" * 70_000
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await given(customer)
        await customer.send("send", client_message_id="long", text=text)
        refused = await customer.until("error")
        assert (refused["code"], refused["client_message_id"]) == ("too_large", "long")
        refused = await ada.do("send", conversation_id=customer.conversation_id, client_message_id="longer", text=text)
        assert (refused["code"], refused["client_message_id"]) == ("too_large", "longer")
        await customer.connection.send("[" * 70_000)
        refused = await customer.until("error")
        assert (refused["code"], "client_message_id" in refused) == ("too_large", False)


@pytest.mark.parametrize("case", ["a book", "a thousand messages", "brackets"])
async def test_09_an_answer_nobody_can_take_is_none(gateway: Gateway, bot: FakeBot, case: str) -> None:
    """One event larger than a frame would keep the customer's page from ever coming back to the conversation."""
    answers = {
        "a book": reply("x" * 300_000),
        "a thousand messages": reply(*("word" for _ in range(1000))),
        "brackets": (200, b"[" * 100_000),
    }

    async def too_much(_turn: object) -> tuple[int, bytes]:
        return answers[case]

    bot.behave = too_much
    async with gateway.customer() as customer:
        await customer.say("Hello")
        handoff = await customer.event("handoff")
        assert handoff["handoff"]["line"]
        assert (await gateway.log(customer).kinds("handoff"))[0]["handoff"]["reason"] == "bot_unavailable"
        assert len(json.dumps(await gateway.log(customer).events())) < 10_000
