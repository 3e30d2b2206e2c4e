"""The gateway's wire, frame by frame, as the protocol says it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.bot import FakeBot, reply
from tests.support.gateway import PATIENCE_S, Client, Gateway, fresh_id, running_gateway

Json = dict[str, Any]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
BUTTONS = [{"title": "Yes", "payload": '/feedback{"helpful":true}'}, {"title": "A person", "payload": "/request_agent"}]
SOURCES = [
    {"article_id": "return-an-item", "title": "Return an item", "url": "/help/return-an-item", "passage": "30 days."}
]
ANSWER = {"confidence": 0.93, "article_id": "return-an-item"}
HANDOFF = {
    "reason": "frustration",
    "line": "I am passing you on.",
    "summary": "Parcel late twice.",
    "signals": {"frustration": 0.9},
    "tried": [{"article_id": "return-an-item", "title": "Return an item"}],
}


@pytest.fixture
async def bot() -> AsyncIterator[FakeBot]:
    async with FakeBot() as bot:
        yield bot


@pytest.fixture
async def gateway(tmp_path: Path, bot: FakeBot) -> AsyncIterator[Gateway]:
    async with running_gateway(tmp_path, bot_port=bot.port) as gateway:
        yield gateway


async def answers_with_everything(turn: Json) -> tuple[int, bytes]:
    if turn["message"] == "angry":
        return reply("I am sorry.", handoff=HANDOFF)
    return reply("You can return it.", "Did that help?", buttons=BUTTONS, sources=SOURCES, answer=ANSWER)


# --- customer -> gateway ---------------------------------------------------------------------------------------------


async def test_hello_and_welcome(gateway: Gateway) -> None:
    async with gateway.customer(language="cs", page={"url": "https://shop.example/x", "title": "X"}) as customer:
        welcome = customer.welcome
        token = welcome.pop("token")
        assert len(token) >= 32
        assert welcome == {
            "type": "welcome",
            "version": 1,
            "customer_id": welcome["customer_id"],
            "conversation_id": welcome["conversation_id"],
            "owner": "bot",
            "seq": 0,
            "heartbeat_s": 15.0,
            "verified": False,
        }
    async with gateway.customer(token=token) as again:
        assert again.welcome["token"] == token
        assert again.welcome["conversation_id"] == welcome["conversation_id"]


async def test_send_is_acknowledged_and_comes_back_as_an_event(gateway: Gateway) -> None:
    async with gateway.customer() as customer:
        ack = await customer.say("Where is it?", client_message_id="m1")
        assert TIME.fullmatch(ack["at"])
        assert ack == {"type": "ack", "client_message_id": "m1", "seq": 1, "at": ack["at"]}
        event = await customer.until("event")
        assert event == {
            "type": "event",
            "conversation_id": customer.conversation_id,
            "event": {
                "seq": 1,
                "at": ack["at"],
                "kind": "message",
                "episode": 1,
                "epoch": 1,
                "message": {"role": "customer", "text": "Where is it?", "client_message_id": "m1"},
            },
        }


async def test_the_bot_is_asked_as_agreed_and_shown_with_buttons_and_sources(gateway: Gateway, bot: FakeBot) -> None:
    bot.behave = answers_with_everything
    async with gateway.customer(language="de") as customer:
        await customer.say("/restart", client_message_id="m1")
        assert await customer.until("typing") == {"type": "typing", "role": "bot", "on": True}
        first, second = await customer.said("bot"), await customer.said("bot")
        assert await customer.until("typing") == {"type": "typing", "role": "bot", "on": False}
    assert first == {"role": "bot", "text": "You can return it.", "in_reply_to": 1}
    assert second == {
        "role": "bot",
        "text": "Did that help?",
        "in_reply_to": 1,
        "buttons": BUTTONS,
        "sources": SOURCES,
        "answer": ANSWER,
    }
    customer_id = customer.welcome["customer_id"]
    assert bot.asked == [
        {
            "sender": f"{customer.conversation_id}.1",
            "message": "/restart",
            "metadata": {
                "message_id": "m1",
                "language": "de",
                "channel": "widget",
                "customer": {"id": customer_id, "name": None, "verified": False},
                "turn": 1,
                "earlier_handoffs": [],
            },
        }
    ]


async def test_a_payload_goes_to_the_bot_only_if_it_was_offered_in_this_leg(gateway: Gateway, bot: FakeBot) -> None:
    bot.behave = answers_with_everything
    async with gateway.customer() as customer:
        payload = BUTTONS[0]["payload"]
        await customer.send("send", client_message_id="early", text="Yes", payload=payload)
        error = await customer.until("error")
        assert (error["code"], error["client_message_id"]) == ("forbidden", "early")
        await customer.say("hello")
        await customer.event("message", lambda e: bool(e["message"].get("buttons")))
        await customer.say("Yes, thanks!", payload=payload)
        message = await customer.event("message", lambda e: "payload" in e["message"])
        assert message["message"]["text"] == "Yes, thanks!"
        await customer.event("message", lambda e: bool(e["message"].get("buttons")))
        assert (bot.asked[-1]["message"], bot.asked[-1]["payload"]) == ("Yes", payload)
        await customer.send("end")
        await customer.owner("nobody")
        await customer.send("send", client_message_id="late", text="Yes", payload=payload)
        assert (await customer.until("error"))["code"] == "forbidden"


async def test_request_agent_hands_off_without_a_bot_turn(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.customer() as customer:
        await customer.say("Where is my parcel?")
        await customer.said("bot")
        await customer.send("request_agent", client_message_id="r1")
        ack = await customer.until("ack")
        handoff = await customer.event("handoff")
        owner = await customer.event("owner")
        assert (ack["client_message_id"], ack["seq"]) == ("r1", handoff["seq"])
        assert handoff["handoff"].keys() == {"line", "summary", "tried", "language", "client_message_id"}
        assert handoff["handoff"]["summary"] == "Where is my parcel?"
        assert (owner["owner"], owner["cause"], owner["epoch"]) == ("queue", "handed_off", 2)
        assert await customer.until("queue") == {"type": "queue", "position": 1, "estimated_wait_s": None}
        assert len(bot.asked) == 1
        await customer.send("request_agent", client_message_id="r1")
        assert await customer.until("ack") == ack


async def test_the_bot_is_told_why_a_person_was_called_before(gateway: Gateway, bot: FakeBot) -> None:
    """Complaint: a handoff loop after the conversation came back; the bot must know that it has been there."""
    async with gateway.customer() as customer:
        await customer.say("Where is my parcel?")
        await customer.said("bot")
        assert bot.asked[-1]["metadata"]["earlier_handoffs"] == []
        await customer.send("request_agent", client_message_id="r1")
        await customer.owner("queue")
        await customer.send("leave_queue")
        await customer.owner("bot")
        await customer.say("And the other one?")
        await customer.said("bot")
        assert bot.asked[-1]["metadata"]["earlier_handoffs"] == ["customer_request"]


async def test_the_bots_handoff_comes_after_its_words(gateway: Gateway, bot: FakeBot) -> None:
    bot.behave = answers_with_everything
    async with gateway.customer() as customer:
        await customer.say("angry")
        await customer.owner("queue")
        events = await gateway.log(customer).events()
        assert [e["kind"] for e in events] == ["message", "message", "handoff", "owner"]
        assert events[2]["handoff"] == {**HANDOFF, "language": "en", "in_reply_to": 1}


async def test_leave_queue_end_feedback_and_survey(gateway: Gateway) -> None:
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.send("leave_queue")
        assert (await customer.owner("bot"))["cause"] == "left_queue"
        await customer.say("hello")
        answer = await customer.event("message", lambda e: e["message"]["role"] == "bot")
        await customer.send("feedback", seq=answer["seq"], helpful=False)
        assert (await customer.event("feedback"))["feedback"] == {"seq": answer["seq"], "helpful": False}
        await customer.send("feedback", seq=1, helpful=True)
        assert (await customer.until("error"))["code"] == "not_found"
        await customer.send("survey", survey_id="s1", answers={"stars": 5})
        assert (await customer.event("survey"))["survey"] == {"survey_id": "s1", "answers": {"stars": 5}}
        await customer.send("end")
        closed = await customer.event("closed")
        assert closed["by"] == "customer"
        assert (await customer.owner("nobody"))["cause"] == "closed"


async def test_typing_reaches_the_other_side_and_is_not_stored(gateway: Gateway) -> None:
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.request_agent()
        await agent.owner("agent")
        await customer.send("typing", on=True)
        assert await agent.until("typing", lambda f: f["role"] == "customer") == {
            "type": "typing",
            "conversation_id": customer.conversation_id,
            "role": "customer",
            "on": True,
        }
        await agent.send("typing", conversation_id=customer.conversation_id, on=True)
        assert await customer.until("typing") == {"type": "typing", "role": "agent", "name": "Ada", "on": True}
        await customer.send("read", seq=2)
        assert await gateway.log(customer).kinds("typing") == []


async def test_replay_is_what_was_missed_in_order_without_holes(gateway: Gateway) -> None:
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.say("one")
        await customer.said("bot")
        await customer.request_agent()
        await customer.owner("agent")
        await agent.do("note", conversation_id=customer.conversation_id, client_message_id="n", text="secret note")
        await agent.do("send", conversation_id=customer.conversation_id, client_message_id="s", text="Hello")
        await customer.said("agent")
        live = [frame for frame in customer.frames if frame["type"] == "event"]
        for after in (0, 3, 6, 7, 99):
            async with gateway.customer(token=customer.welcome["token"], after_seq=after) as again:
                assert again.welcome["seq"] == 7
                await again.send("typing", on="no")  # its error comes after the replay has been asked for
                await again.until("error")
                wanted = [frame for frame in live if frame["event"]["seq"] > after]
                while len(again.seqs()) < len(wanted):
                    await again.receive()
                assert [frame for frame in again.frames if frame["type"] == "event"] == wanted
        assert live[5]["event"] == {"seq": 6, "kind": "hidden"}
        assert "secret note" not in json.dumps(customer.frames)


async def test_heartbeats_come(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, heartbeat_s=0.1) as gateway, gateway.customer() as customer:
        assert customer.welcome["heartbeat_s"] == 0.1
        assert await customer.until("heartbeat") == {"type": "heartbeat"}
        await customer.until("heartbeat")


@pytest.mark.parametrize("path", ["/v1/customer", "/v1/agent"])
async def test_the_welcome_comes_before_any_heartbeat(tmp_path: Path, path: str) -> None:
    async with running_gateway(tmp_path, heartbeat_s=0.05) as gateway, gateway.customer() as welcomed:
        token = {"token": await gateway.account("ada")} if path == "/v1/agent" else {}
        async with gateway.raw(path) as late:
            for _ in range(4):  # a machine or a database that takes its time does the same as a late hello
                await welcomed.until("heartbeat")
            await late.send("hello", version=1, **token)
            assert (await late.receive())["type"] == "welcome"
            await late.until("heartbeat")


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/customer", "/v1/agent"])
async def test_a_bad_frame_is_answered_and_the_socket_stays(gateway: Gateway, path: str) -> None:
    hello: Json = {"type": "hello", "version": 1, "token": await gateway.account("ada")}
    if path == "/v1/customer":
        del hello["token"]
    async with gateway.raw(path) as client:
        for raw, start in (
            ("{", "frame: "),
            ("[]", "frame: "),
            ('{"type": "send"}', ""),
            ('{"type": "hello"}', "version: "),
            ('{"type": "hello", "version": 2}', "version: must be 1"),
            ('{"type": "hello", "version": 1, "token": 5}', "token: "),
        ):
            await client.connection.send(raw)
            error = await client.until("error")
            assert error["code"] == "bad_frame"
            assert error["message"].startswith(start)
        await client.connection.send(json.dumps(hello))
        await client.until("welcome")
        for raw, code in (
            (json.dumps(hello), "bad_frame"),
            ('{"type": "nonsense"}', "bad_frame"),
            ('{"type": 5}', "bad_frame"),
            (b"\x00\xff", "bad_frame"),
            (json.dumps({"type": "send", "text": "x" * 65_536}), "too_large"),
        ):
            await client.connection.send(raw)
            assert (await client.until("error"))["code"] == code


async def test_a_frame_far_too_large_closes_the_socket(gateway: Gateway) -> None:
    async with gateway.customer() as customer:
        await customer.connection.send("x" * (1024 * 1024 + 1))
        await customer.connection.wait_closed()
        assert customer.connection.close_code == 1009


async def test_no_hello_in_time_closes_the_socket(tmp_path: Path) -> None:
    async with running_gateway(tmp_path, hello_deadline_s=0.2) as gateway, gateway.raw("/v1/customer") as client:
        assert (await client.receive())["code"] == "unauthorized"
        await client.connection.wait_closed()
        assert client.connection.close_code == 1008


@pytest.mark.parametrize("path", ["/v1/customer", "/v1/agent"])
async def test_an_unknown_token_is_refused_and_the_socket_closed(gateway: Gateway, path: str) -> None:
    async with gateway.raw(path) as client:
        await client.send("hello", version=1, token="forged")
        assert (await client.receive())["code"] == "unauthorized"
        with pytest.raises(ConnectionClosed):
            await client.receive()
        assert client.connection.close_code == 1008


async def test_sockets_live_at_two_paths_only(gateway: Gateway) -> None:
    with pytest.raises(InvalidStatus, match="404"):
        async with gateway.raw("/"):
            pass


async def test_an_id_belongs_to_who_used_it(gateway: Gateway) -> None:
    """Nobody silences another's message by using its id first."""
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("agent")
        await customer.say("mine", client_message_id="same")
        answer = await agent.do(
            "send", conversation_id=customer.conversation_id, client_message_id="same", text="theirs"
        )
        assert answer["code"] == "bad_frame"


# --- agent -----------------------------------------------------------------------------------------------------------

SUMMARY = {
    "conversation_id", "customer", "channel", "language", "page", "owner", "agent", "team", "epoch", "episode", "seq",
    "reason", "summary", "waiting_since", "last_message", "created_at", "updated_at",
}  # fmt: skip


async def test_agents_welcome(gateway: Gateway) -> None:
    async with gateway.customer() as held, gateway.customer() as waiting:
        async with gateway.agent(await gateway.account("ada", capacity=3)) as agent:
            welcome = agent.welcome
            assert welcome["agent"] == {
                "id": welcome["agent"]["id"],
                "name": "Ada",
                "email": "ada@example.org",
                "roles": ["agent"],
                "capacity": 3,
            }
            assert (welcome["presence"], welcome["capacity"]) == ("away", 3)
            assert (welcome["conversations"], welcome["queue"]) == ([], [])
            await held.request_agent()
            await agent.do("claim", conversation_id=held.conversation_id)
            await waiting.say("Where is it?")
            await waiting.said("bot")
            await waiting.request_agent()
            await agent.do("presence", state="offline")
        async with gateway.agent(await gateway.account("ada")) as again:
            assert again.welcome["presence"] == "offline"
            assert [c["conversation_id"] for c in again.welcome["conversations"]] == [held.conversation_id]
            (queued,) = again.welcome["queue"]
            assert queued.keys() == SUMMARY | {"position"}
            assert (queued["conversation_id"], queued["position"]) == (waiting.conversation_id, 1)
            assert (queued["owner"], queued["reason"], queued["summary"]) == (
                "queue",
                "customer_request",
                "Where is it?",
            )
            assert queued["customer"] == {"id": waiting.welcome["customer_id"], "verified": False}
            assert queued["last_message"]["role"] == "bot"
            assert TIME.fullmatch(queued["waiting_since"])
            await again.owner("agent")  # the events of what the agent holds come by themselves


async def test_the_queue_is_shown_to_agents_oldest_first(gateway: Gateway) -> None:
    async with (
        gateway.agent(await gateway.account("ada")) as agent,
        gateway.customer() as first,
        gateway.customer() as second,
    ):
        await first.request_agent()
        await second.request_agent()
        ids = [first.conversation_id, second.conversation_id]
        await agent.until("queue", lambda f: [c["conversation_id"] for c in f["waiting"]] == ids)
        await first.send("leave_queue")
        await agent.until("queue", lambda f: [c["conversation_id"] for c in f["waiting"]] == ids[1:])


async def test_a_free_agent_who_is_online_is_given_the_conversation(gateway: Gateway) -> None:
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.say("hello")
        await customer.said("bot")
        await customer.request_agent()
        shown = (await agent.until("conversation"))["conversation"]
        assert (shown["conversation_id"], shown["owner"]) == (customer.conversation_id, "agent")
        owner = await customer.owner("agent")
        assert (owner["agent"]["name"], owner["cause"]) == ("Ada", "assigned")
        handoff = await agent.event("handoff")
        assert handoff["handoff"]["reason"] == "customer_request"
        await agent.owner("agent")
        assert agent.seqs() == [1, 2, 3, 4, 5]  # the bot's transcript included


async def test_an_agent_who_is_away_may_claim_but_is_not_given_anything(gateway: Gateway) -> None:
    async with (
        gateway.agent(await gateway.account("ada")) as away,
        gateway.agent(await gateway.account("bo")) as other,
        gateway.customer() as customer,
    ):
        await customer.request_agent()
        await away.until("queue", lambda f: len(f["waiting"]) == 1)
        conversation_id = customer.conversation_id
        ack = await away.do("claim", conversation_id=conversation_id)
        assert (ack["type"], ack["conversation_id"]) == ("ack", conversation_id)
        assert (await away.do("claim", conversation_id=conversation_id))["type"] == "ack"
        error = await other.do("claim", conversation_id=conversation_id)
        assert (error["type"], error["code"]) == ("error", "already_claimed")
        assert (await customer.owner("agent"))["cause"] == "claimed"


async def test_agent_and_customer_talk(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.online() as agent, gateway.customer() as customer:
        await customer.request_agent()
        await agent.owner("agent")
        conversation = {"conversation_id": customer.conversation_id}
        ack = await agent.do("send", client_message_id="a1", text="Hello!", **conversation)
        assert (ack["client_message_id"], ack["seq"]) == ("a1", 4)
        again = await agent.do("send", client_message_id="a1", text="Hello!", **conversation)
        assert {**again, "request_id": None} == {**ack, "request_id": None}
        assert await customer.said("agent") == {
            "role": "agent",
            "text": "Hello!",
            "name": "Ada",
            "client_message_id": "a1",
        }
        await customer.say("Thanks")
        assert (await agent.said("customer"))["text"] == "Thanks"
        assert bot.asked == []


async def test_open_shows_any_conversation_and_follows_it(gateway: Gateway) -> None:
    async with gateway.agent(await gateway.account("ada")) as agent, gateway.customer() as customer:
        await customer.say("one")
        await customer.said("bot")
        ack = await agent.do("open", conversation_id=customer.conversation_id, after_seq=1)
        assert ack["type"] == "ack"
        assert (await agent.until("conversation"))["conversation"]["owner"] == "bot"
        assert (await agent.said("bot"))["text"] == "You said: one"
        await customer.say("two")
        assert (await agent.said("customer"))["text"] == "two"
        assert agent.seqs()[0] == 2
        assert (await agent.do("open", conversation_id="con_none"))["code"] == "not_found"


async def test_a_reconnected_agent_gets_what_was_missed(gateway: Gateway) -> None:
    token = await gateway.account("ada")
    async with gateway.customer() as customer, gateway.customer() as watched:
        async with gateway.agent(token) as agent:
            await agent.do("claim", conversation_id=customer.conversation_id)
            await agent.owner("agent")
        await customer.say("while you were away")
        await watched.say("and here")
        cursors = {customer.conversation_id: 2, watched.conversation_id: 0, "con_of_another_system": 5}
        async with gateway.agent(token, conversations=cursors) as again:
            texts = {(await again.said("customer"))["text"], (await again.said("customer"))["text"]}
            assert texts == {"while you were away", "and here"}
            assert again.welcome["conversations"][0]["conversation_id"] == customer.conversation_id


async def test_transfer_to_the_queue_and_to_an_agent(gateway: Gateway) -> None:
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("agent")
        conversation = {"conversation_id": customer.conversation_id}
        assert (await ada.do("transfer", team="nowhere", **conversation))["code"] == "not_found"
        assert (await ada.do("transfer", agent_id="acc_none", **conversation))["code"] == "not_found"
        await ada.do("transfer", note="Needs the warehouse.", **conversation)
        await customer.event("owner", lambda e: (e["owner"], e["cause"]) == ("queue", "transferred"))
        note = await ada.event("note")
        assert (note["note"]["text"], note["note"]["agent"]["name"]) == ("Needs the warehouse.", "Ada")
        async with gateway.online("bo") as bo:
            given = await customer.owner("agent")
            assert given["agent"]["name"] == "Bo"  # to the next agent, not back to the first
            ada_id = ada.welcome["agent"]["id"]
            await bo.do("transfer", agent_id=ada_id, **conversation)
            back = await customer.owner("agent")
            assert (back["agent"]["id"], back["cause"]) == (ada_id, "transferred")
            left = await bo.until("conversation", lambda f: f["conversation"]["agent"]["id"] == ada_id)
            assert left["conversation"]["conversation_id"] == customer.conversation_id
            refused = await bo.do("send", client_message_id=fresh_id(), text="Still me?", **conversation)
            assert refused["code"] == "forbidden"


async def test_hand_back_and_close(gateway: Gateway) -> None:
    async with gateway.online() as agent, gateway.customer() as customer:
        conversation = {"conversation_id": customer.conversation_id}
        await customer.request_agent()
        await customer.owner("agent")
        await agent.do("hand_back", **conversation)
        assert (await customer.owner("bot"))["cause"] == "handed_back"
        await customer.say("bot again?")
        assert (await customer.said("bot"))["text"] == "You said: bot again?"
        await customer.request_agent()
        await customer.owner("agent")
        await agent.do("close", disposition="solved", **conversation)
        assert "disposition" not in await customer.event("closed")
        assert (await agent.event("closed"))["disposition"] == "solved"
        await customer.owner("nobody")
        assert (await agent.do("claim", **conversation))["code"] == "conversation_closed"
        assert (await agent.do("close", **conversation))["type"] == "ack"


async def test_the_wait_is_estimated_from_recent_pick_ups(tmp_path: Path, bot: FakeBot) -> None:
    async with running_gateway(tmp_path, bot_port=bot.port, queue_interval_s=0.05) as gateway:
        async with gateway.customer() as first, gateway.customer() as second:
            await first.request_agent()
            async with gateway.online("ada", capacity=1):
                await first.owner("agent")
                await second.request_agent()
                estimate = (await second.until("queue"))["estimated_wait_s"]
                assert estimate is not None
                assert 0 <= estimate < PATIENCE_S
        async with gateway.customer(token=second.welcome["token"]) as again:
            await again.until("queue")


async def test_the_turn_limit_ends_with_a_person(tmp_path: Path, bot: FakeBot) -> None:
    async with running_gateway(tmp_path, bot_port=bot.port, turn_limit=2) as gateway, gateway.customer() as customer:
        for text in ("one", "two"):
            await customer.say(text)
            await customer.said("bot")
        await customer.say("three")
        await customer.owner("queue")
        (handoff,) = await gateway.log(customer).kinds("handoff")
        assert handoff["handoff"]["reason"] == "turn_limit"
        assert len(bot.asked) == 2


async def test_messages_sent_fast_are_answered_in_order(gateway: Gateway, bot: FakeBot) -> None:
    async with gateway.customer() as customer:
        for number in range(10):
            await customer.send("send", client_message_id=f"m{number}", text=str(number))
        for number in range(10):
            assert (await customer.said("bot"))["text"] == f"You said: {number}"
        assert [turn["metadata"]["turn"] for turn in bot.asked] == list(range(1, 11))


async def test_a_slow_reader_is_told_and_catches_up(gateway: Gateway) -> None:
    """A client that sends but never reads is closed; whatever was stored is there when it comes back."""

    async def shout(client: Client) -> None:
        for number in range(100_000):
            await client.send("send", client_message_id=f"m{number}", text="x" * 60_000)
            for _ in range(10):
                await client.send("nonsense")

    async with gateway.agent(await gateway.account("ada")) as agent, gateway.raw("/v1/customer", max_queue=1) as client:
        await client.send("hello", version=1)
        welcome = await client.receive()
        await agent.do("claim", conversation_id=welcome["conversation_id"])  # no bot to answer the noise
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(60):
                await shout(client)
    async with gateway.customer(token=welcome["token"]) as again:
        newest = again.welcome["seq"]
        assert newest > 2
        while len(again.seqs()) < newest:
            await again.receive()
        assert again.seqs()[:newest] == list(range(1, newest + 1))
