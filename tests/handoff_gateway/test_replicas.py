"""Several gateway processes over one PostgreSQL and one Redis: together they are as one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.bot import FakeBot
from tests.support.gateway_process import GatewayProcess
from tests.support.replicas import LOOK_S, WITHOUT, Pair, at_work, request_agent, two_gateways
from tests.support.wire import PATIENCE_S, Agent, Customer, Frame, Peer

pytestmark = [WITHOUT, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Two processes for all tests here, which leave both alive."""
    settings = {"TANDEM_LIMITS": "1", "TANDEM_CUSTOMER_RATE": "0", "TANDEM_AGENT_RATE": "0"}  # those on guesses hold
    settings["TANDEM_PRESENCE_GRACE_S"] = "0"  # the agents of one test are not to be given the customers of the next
    async with FakeBot() as bot, two_gateways(tmp_path_factory.mktemp("pair"), bot, **settings) as pair:
        yield pair


def client(gateway: GatewayProcess) -> httpx.AsyncClient:
    """Return a client with the service token."""
    headers = {"Authorization": f"Bearer {gateway.service_token}"}
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{gateway.port}", headers=headers, timeout=PATIENCE_S, trust_env=False
    )


async def until(found: Callable[[], Any], within_s: float = PATIENCE_S) -> None:
    """Wait until asking answers yes: for what nobody tells of."""
    async with asyncio.timeout(within_s):
        while not await found():  # noqa: ASYNC110 - no news of it
            await asyncio.sleep(LOOK_S)


async def redis_is(gateway: GatewayProcess, state: str) -> bool:
    async with client(gateway) as http:
        return bool((await http.get("/health")).json()["parts"]["redis"] == state)


async def online(gateway: GatewayProcess, agent_id: str) -> bool:
    """Return whether a process takes an agent for present."""
    async with client(gateway) as http:
        agents = (await http.get("/v1/agents")).json()["agents"]
        return [agent["online"] for agent in agents if agent["account_id"] == agent_id] == [True]


async def arrived(peer: Peer, customer: Customer, ack: Frame, within_s: float = PATIENCE_S) -> None:
    """Wait until a peer has read a conversation up to what was acknowledged."""
    await peer.until(lambda: len(peer.log(customer.conversation_id)) >= ack["seq"], within_s)


def whole(peer: Peer, customer: Customer) -> int:
    """Return how long a conversation is as a peer has read it; it has no holes."""
    seqs = [event["seq"] for event in peer.log(customer.conversation_id)]
    assert seqs == list(range(1, len(seqs) + 1))
    return len(seqs)


async def test_a_customer_here_and_an_agent_there_talk_live(pair: Pair) -> None:
    """Whatever one says, the other reads well within a second; so do typing and the end."""
    [(token, _)] = await pair.a.agents(1, 3, "live")
    async with at_work(pair.b, token) as [agent], Customer(pair.a.sockets) as customer:
        await request_agent(customer)
        await customer.owner("agent")
        took = []
        for number in range(20):
            started = time.perf_counter()
            await arrived(agent, customer, await customer.send(f"question {number}"))
            await arrived(customer, customer, await agent.say(customer.conversation_id, f"answer {number}"))
            took.append(time.perf_counter() - started)
        assert min(took) < 1, f"the fastest, since the machine does other things too: {took}"
        assert whole(customer, customer) == whole(agent, customer)
        await customer.put({"type": "typing", "on": True})
        await agent.frame(lambda f: f["type"] == "typing" and f["conversation_id"] == customer.conversation_id)
        await agent.put({"type": "typing", "conversation_id": customer.conversation_id, "on": True})
        await customer.frame(lambda f: f["type"] == "typing" and f["role"] == "agent")
        await agent.do("close", conversation_id=customer.conversation_id)
        await customer.until(lambda: any(event["kind"] == "closed" for event in customer.history()))


async def test_16_the_same_message_sent_to_both_is_one(pair: Pair) -> None:
    """A tab at each process sends the same id again and again, at the same time: one row, the same ack everywhere."""
    async with Customer(pair.a.sockets) as one, Customer(pair.b.sockets, one.token) as other:
        for number in range(30):
            acks = await asyncio.gather(*(tab.send("hello", f"m{number}") for tab in (one, other, one, other)))
            assert len({(ack["type"], ack["seq"]) for ack in acks}) == 1
        for tab in (one, other):
            await arrived(tab, one, {"seq": 60})
            assert whole(tab, one) == 60
        counted = "select count(*), max(seq), count(distinct client_message_id) from events where conversation_id = %s"
        assert pair.rows(counted, one.conversation_id) == [(60, 60, 30)]


async def test_both_append_to_one_conversation_without_holes(pair: Pair) -> None:
    [(token, _)] = await pair.a.agents(1, 3, "both")
    async with at_work(pair.b, token) as [agent], Customer(pair.a.sockets) as customer:
        await request_agent(customer)
        await customer.owner("agent")
        said = [customer.send(f"question {number}") for number in range(200)]
        said += [agent.say(customer.conversation_id, f"answer {number}") for number in range(200)]
        acks = await asyncio.gather(*said)
        assert {ack["type"] for ack in acks} == {"ack"}
        assert len({ack["seq"] for ack in acks}) == 400
        last = max(acks, key=lambda ack: int(ack["seq"]))
        for peer in (customer, agent):
            await arrived(peer, customer, last)
            assert whole(peer, customer) == last["seq"]
        await agent.do("close", conversation_id=customer.conversation_id)


async def test_redis_is_killed_and_comes_back(pair: Pair) -> None:
    """In mid-conversation: nothing is lost, health says so, and all is live again when it is back."""
    [(token, _)] = await pair.a.agents(1, 3, "redis")
    async with at_work(pair.b, token) as [agent], Customer(pair.a.sockets) as customer:
        await request_agent(customer)
        await customer.owner("agent")

        async def talk(words: str) -> float:
            started = time.perf_counter()
            await arrived(agent, customer, await customer.send(words))
            await arrived(customer, customer, await agent.say(customer.conversation_id, words))
            return time.perf_counter() - started

        async def all_are(state: str) -> None:
            for gateway in (pair.a, pair.b):
                await until(lambda gateway=gateway: redis_is(gateway, state))

        await all_are("ok")
        await pair.redis.stop()
        for number in range(3):
            await talk(f"without {number}")
        async with Customer(pair.a.sockets) as other:
            await request_agent(other)
            await other.owner("agent")
            await arrived(agent, other, {"seq": 3})
            await agent.do("close", conversation_id=other.conversation_id)
        await all_are("down")
        await pair.redis.start()
        await all_are("ok")
        await talk("live again")
        pair.redis.pause()  # its connections stay open, and nothing comes: no error says so
        await talk("while it hangs")
        await all_are("down")
        pair.redis.go_on()
        await all_are("ok")
        assert min([await talk(f"and again {number}") for number in range(5)]) < 1
        assert whole(customer, customer) == whole(agent, customer)
        await agent.do("close", conversation_id=customer.conversation_id)


async def test_who_is_at_the_desk_is_known_everywhere(pair: Pair) -> None:
    """An agent at one process gets what waits at the other, and what they choose counts at both."""
    [(token, agent_id)] = await pair.a.agents(1, 5, "desk")
    async with Customer(pair.a.sockets) as customer:
        await request_agent(customer)
        async with at_work(pair.b, token) as [agent]:
            assert (await customer.owner("agent"))["agent"]["id"] == agent_id
            await until(lambda: online(pair.a, agent_id))
            await agent.do("presence", state="away")
            await until(lambda: is_not(online(pair.a, agent_id)))
            async with Agent(pair.a.sockets, token) as second_desk:
                assert second_desk.welcome["presence"] == "away"
                assert [c["conversation_id"] for c in second_desk.welcome["conversations"]] == [
                    customer.conversation_id
                ]
                await second_desk.do("presence", state="online")
                await until(lambda: online(pair.b, agent_id))
                await second_desk.do("close", conversation_id=customer.conversation_id)
                await agent.frame(lambda f: f["type"] == "conversation" and f["conversation"]["owner"] == "nobody")


async def is_not(asked: Any) -> bool:
    return not await asked


async def test_a_sign_in_that_ends_here_ends_there(pair: Pair) -> None:
    [(token, _)] = await pair.a.agents(1, 5, "signed")
    async with at_work(pair.b, token) as [agent], client(pair.a) as http:
        ended = await http.delete("/v1/sign-ins", headers={"Authorization": f"Bearer {token}"})
        assert ended.is_success, ended.text
        await agent.until(lambda: agent.closed)


async def test_wrong_passwords_count_at_both_together(pair: Pair) -> None:
    await pair.a.agents(1, 5, "guessed")
    answers = []
    async with client(pair.a) as here, client(pair.b) as there:
        for http in (here, there) * 3:
            wrong = {"email": "guessed0@example.org", "password": "not it"}
            answers.append((await http.post("/v1/login", json=wrong)).status_code)
    assert answers == [401] * 5 + [429]


async def test_an_erased_customer_is_gone_everywhere(pair: Pair) -> None:
    [(token, _)] = await pair.a.agents(1, 3, "erase")
    async with at_work(pair.a, token) as [desk], Customer(pair.a.sockets) as customer, client(pair.b) as http:
        await customer.send("Hello?")
        await arrived(customer, customer, {"seq": 2})
        gone = await http.delete(f"/v1/customers/{customer.conversation_id}")
        assert gone.is_success, gone.text
        await customer.until(lambda: customer.closed)
        told = await desk.frame(lambda frame: frame["type"] == "erased")
        assert told["conversation_id"] == customer.conversation_id
        async with Customer(pair.a.sockets, customer.token) as again:
            assert again.welcome["code"] == "unauthorized"


async def test_a_process_with_other_secrets_does_not_start(pair: Pair, tmp_path: Path) -> None:
    third = GatewayProcess(tmp_path, 9, pair.environment)
    with pytest.raises(SystemExit, match="have other secrets"):
        await third.start()
