"""`kill -9` of any process in mid-conversation: the next message is served, and nothing is lost or doubled."""

import asyncio
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.e2e.conftest import Running
from tests.support.wire import PATIENCE_S, Agent, Customer, Frame

SERVED_WITHIN_S = 10.0
ROUNDS = 3  # at most, of which the fastest counts: what else the machine does is not what is measured
QUESTION = "How long do I have to send something back?"


async def reconnect(ws: str, token: str, after_seq: int = 0) -> Customer:
    """Connect as the widget does: again and again until the gateway is there."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            customer = Customer(ws, token=token, after_seq=after_seq)
            try:
                return await customer.__aenter__()
            except (OSError, ConnectionClosed, InvalidHandshake):
                await asyncio.sleep(0.1)  # the back-off of a client, not a wait of the test


async def all_green(running: Running) -> None:
    """Wait until every part serves again, so that one kill does not meet the last."""
    await asyncio.to_thread(running.system.wait_until_ready)


def first_unhealthy(address: str) -> httpx.Response:
    """Ask until the gateway says that something is wrong; its probe is cached for up to a second."""
    deadline = time.monotonic() + PATIENCE_S
    with httpx.Client(timeout=30, trust_env=False) as client:
        while (answer := client.get(address)).status_code == httpx.codes.OK:
            assert time.monotonic() < deadline, "the gateway still calls itself healthy"
    return answer


def texts(events: list[Frame]) -> list[str]:
    """The customer's messages in a log."""
    return [
        event["message"]["text"]
        for event in events
        if event["kind"] == "message" and event["message"]["role"] == "customer"
    ]


@pytest.mark.parametrize("victim", ["knowledge_base", "actions", "bot", "handoff_gateway"])
async def test_conversation_survives_the_end_of(running: Running, victim: str) -> None:
    took: list[float] = []
    while len(took) < ROUNDS and min(took, default=SERVED_WITHIN_S + 1) > SERVED_WITHIN_S:
        took.append(await served_after_the_end_of(running, victim))
    assert min(took) <= SERVED_WITHIN_S, took


async def served_after_the_end_of(running: Running, victim: str) -> float:
    """Kill a part in mid-conversation and go on; return the seconds until the next message was served."""
    await all_green(running)
    async with Customer(running.ws) as before:
        await before.ask(QUESTION)
        token, conversation = before.token, before.conversation_id
        old_pid = running.system.kill(victim)
        killed = time.monotonic()
    customer = await reconnect(running.ws, token)
    try:
        assert customer.conversation_id == conversation
        await customer.ask("And who pays for the parcel?")
        served = time.monotonic() - killed
    finally:
        await customer.close()
    await all_green(running)
    assert running.system.processes()[victim]["pid"] != old_pid
    async with Customer(running.ws, token=token) as after:
        await after.until(lambda: len(after.history()) >= after.welcome["seq"])
        log = after.history()
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    assert texts(log) == [QUESTION, "And who pays for the parcel?"]
    return served


async def test_message_sent_while_the_gateway_dies_is_there_once_after(running: Running) -> None:
    await all_green(running)
    async with Customer(running.ws) as first:
        token = first.token
        await first.ask("I want a human")
        running.system.kill("handoff_gateway")
        await first.until(lambda: first.closed)
    for _ in range(2):  # what a client does that saw no ack: the same id again
        again = await reconnect(running.ws, token)
        await again.send("Are you still there?", client_message_id="while-it-died")
        await again.close()
    async with Customer(running.ws, token=token) as after:
        await after.until(lambda: len(after.history()) >= after.welcome["seq"])
        assert texts(after.history()) == ["I want a human", "Are you still there?"]
    await all_green(running)


async def test_agent_reads_and_answers_on_after_the_gateway_died(running: Running) -> None:
    await all_green(running)
    agent_token = await asyncio.to_thread(running.sign_in, "agent@localhost")
    async with Customer(running.ws) as customer:
        token, conversation = customer.token, customer.conversation_id
        await customer.ask("Please let me talk to a person")
        async with Agent(running.ws, agent_token) as agent:
            await agent.do("claim", conversation_id=conversation)
            await agent.say(conversation, "Hello, I am here.")
            await customer.owner("agent")
            running.system.kill("handoff_gateway")
    await all_green(running)
    async with Customer(running.ws, token=token) as customer, Agent(running.ws, agent_token) as agent:
        mine = {item["conversation_id"] for item in agent.welcome["conversations"]}
        assert conversation in mine
        seq = (await customer.send("Good, you are back"))["seq"]
        await agent.until(lambda: seq in agent.events.get(conversation, {}))
        await agent.say(conversation, "So I am.")
        await customer.until(
            lambda: any(event.get("message", {}).get("text") == "So I am." for event in customer.history())
        )


async def test_health_names_the_part_that_is_down(running: Running) -> None:
    await all_green(running)
    running.system.kill("bot")
    answer = await asyncio.to_thread(first_unhealthy, f"{running.http}/health")
    assert answer.json()["parts"]["bot"] != "ok"
    await all_green(running)
