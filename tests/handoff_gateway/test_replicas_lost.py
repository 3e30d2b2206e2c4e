"""Two gateway processes, one of which is killed, stopped or asleep: the other goes on, and nothing happens twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot import Answer, FakeBot, reply
from tests.support.gateway_process import GatewayProcess
from tests.support.replicas import WITHOUT, Pair, at_work, request_agent, two_gateways
from tests.support.wire import PATIENCE_S, Agent, Customer

pytestmark = [WITHOUT, pytest.mark.timeout(300)]


class SlowBot:
    """Answers each question when told."""

    def __init__(self, bot: FakeBot) -> None:
        self._asked: asyncio.Queue[tuple[str, asyncio.Future[str]]] = asyncio.Queue()
        self._answers: list[asyncio.Future[str]] = []
        bot.behave = self._behave

    def __enter__(self) -> SlowBot:
        return self

    def __exit__(self, *_: object) -> None:
        for answer in self._answers:
            if not answer.done():  # nobody waits for it any more
                answer.set_result("")

    async def _behave(self, turn: dict[str, Any]) -> Answer:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        self._asked.put_nowait((turn["message"], answer))
        return reply(await answer)

    async def asked(self, question: str) -> asyncio.Future[str]:
        """Wait for the question, and return where its answer goes."""
        async with asyncio.timeout(PATIENCE_S):
            words, answer = await self._asked.get()
        assert words == question
        return answer

    @property
    def waiting(self) -> int:
        """How many questions nobody has looked at."""
        return self._asked.qsize()


@pytest.fixture
def slow(bot: FakeBot) -> Iterator[SlowBot]:
    with SlowBot(bot) as slow:
        yield slow


async def test_a_killed_process_leaves_its_work_to_the_other(tmp_path: Path, bot: FakeBot, slow: SlowBot) -> None:
    """Killed with a turn of the bot in flight and a queue: the turn is answered once, the queue goes on."""
    async with two_gateways(tmp_path, bot) as pair:
        [(token, _)] = await pair.b.agents(1, 1)
        tokens = []
        for gateway in (pair.a, pair.a, pair.b):
            async with Customer(gateway.sockets) as waiting:
                await request_agent(waiting)
                tokens.append(waiting.token)
        async with Customer(pair.a.sockets) as customer:
            question = await customer.send("Is anybody there?")
            await slow.asked("Is anybody there?")
            await pair.a.stop(signal.SIGKILL)
        async with Customer(pair.b.sockets, customer.token) as again:
            assert (await again.send("Is anybody there?", question["client_message_id"]))["seq"] == question["seq"]
            (await slow.asked("Is anybody there?")).set_result("Here I am.")
            await again.until(lambda: len(again.history()) == 2)
            for position, waiting_token in enumerate(tokens, 1):
                async with Customer(pair.b.sockets, waiting_token) as waiting:
                    assert (await waiting.frame(lambda f: f["type"] == "queue"))["position"] == position
            async with at_work(pair.b, token), Customer(pair.b.sockets, tokens[0]) as first:
                await first.owner("agent")
            await again.send("And now?")
            (await slow.asked("And now?")).set_result("Still here.")
            await again.until(lambda: len(again.history()) == 4)
            assert [event["message"]["role"] for event in again.history()] == ["customer", "bot"] * 2
        assert slow.waiting == 0
        assert pair.rows("select count(*) from processes") == [(1,)]


async def test_what_a_killed_process_was_taking_up_the_other_does(tmp_path: Path, bot: FakeBot, slow: SlowBot) -> None:
    """Given back by an agent at one process, which dies with the bot at the words nobody answered."""
    async with two_gateways(tmp_path, bot) as pair:
        [(token, _)] = await pair.b.agents(1, 5)
        async with Customer(pair.b.sockets) as customer:
            async with at_work(pair.a, token) as [agent]:
                await request_agent(customer)
                await customer.owner("agent")
                await customer.send("And Norway?")
                assert (await agent.do("hand_back", conversation_id=customer.conversation_id))["type"] == "ack"
                await slow.asked("And Norway?")
                await pair.a.stop(signal.SIGKILL)
            (await slow.asked("And Norway?")).set_result("There, too.")
            await customer.until(lambda: "There, too." in str(customer.history()))
            await customer.send("Thanks")
            (await slow.asked("Thanks")).set_result("With pleasure.")
            await customer.until(lambda: "With pleasure." in str(customer.history()))
            said = [event["message"]["text"] for event in customer.history() if event["kind"] == "message"]
            assert said == ["And Norway?", "There, too.", "Thanks", "With pleasure."]
        assert slow.waiting == 0


async def test_a_process_that_stops_hands_its_turns_over_at_once(tmp_path: Path, bot: FakeBot, slow: SlowBot) -> None:
    async with two_gateways(tmp_path, bot, TANDEM_LEASE_S="600") as pair:
        async with Customer(pair.a.sockets) as customer:
            await customer.send("Hello?")
            await slow.asked("Hello?")
            await pair.a.stop(signal.SIGTERM)
        (await slow.asked("Hello?")).set_result("Here I am.")
        async with Customer(pair.b.sockets, customer.token) as again:
            await again.until(lambda: len(again.history()) == 2)


async def test_a_process_taken_for_dead_answers_nothing_twice(tmp_path: Path, bot: FakeBot, slow: SlowBot) -> None:
    """One sleeps for longer than a lease with a turn in flight; the other answers; then it wakes up, and joins anew."""
    async with two_gateways(tmp_path, bot) as pair, Customer(pair.a.sockets) as customer:
        await customer.send("Hello?")
        first = await slow.asked("Hello?")
        pair.a.sleep()
        (await slow.asked("Hello?")).set_result("from the heir")
        async with Customer(pair.b.sockets, customer.token) as again:
            await again.until(lambda: len(again.history()) == 2)
            first.set_result("too late")
            pair.a.wake_up()
            await customer.send("And now?")
            now = await slow.asked("And now?")
            await asks_about_nothing_of_theirs(pair, slow)
            now.set_result("both awake")
            await again.until(lambda: len(again.history()) == 4)
            texts = [event["message"]["text"] for event in again.history()]
            assert texts == ["Hello?", "from the heir", "And now?", "both awake"]
            await customer.until(lambda: len(customer.history()) == 4)
        await pair.until("select count(*) from processes", [(2,)])
        assert slow.waiting == 0


async def asks_about_nothing_of_theirs(pair: Pair, slow: SlowBot) -> None:
    """Start a third process, which takes on every turn that nobody is at, and stop it."""
    third = GatewayProcess(pair.folder, pair.bot_port, pair.environment)
    await third.start()
    try:
        async with Customer(third.sockets) as own:
            await own.send("Anything?")
            (await slow.asked("Anything?")).set_result("Nothing.")
            await own.until(lambda: len(own.history()) == 2)
    finally:
        await third.stop()


async def test_10_the_agents_of_a_killed_process_are_missed(tmp_path: Path, bot: FakeBot) -> None:
    """Nobody comes back to the desk: what they held goes to another, by the process that lives."""
    settings = {"TANDEM_RESCUE_S": "2", "TANDEM_PRESENCE_GRACE_S": "1"}
    async with two_gateways(tmp_path, bot, **settings) as pair, Customer(pair.b.sockets) as customer:
        (lost, lost_id), (other, other_id) = await pair.a.agents(2, 5)
        async with at_work(pair.a, lost):
            await request_agent(customer)
            assert (await customer.owner("agent"))["agent"]["id"] == lost_id
            async with at_work(pair.b, other):
                await pair.a.stop(signal.SIGKILL)
                await customer.until(lambda: "rescued" in [event.get("cause") for event in customer.history()])
                assert (await customer.owner("agent"))["agent"]["id"] == other_id


async def test_a_process_that_slept_takes_nothing_from_an_agent_who_is_back(tmp_path: Path, bot: FakeBot) -> None:
    """It missed an agent when it fell asleep. They are back, at the other process, before it can have heard of it."""
    rescue_s = 8  # in which a slow machine, too, puts one process to sleep and brings the agent back
    settings = {"TANDEM_RESCUE_S": str(rescue_s), "TANDEM_PRESENCE_GRACE_S": "1", "TANDEM_LEASE_S": "600"}
    async with two_gateways(tmp_path, bot, **settings) as pair, Customer(pair.b.sockets) as customer:
        [(token, _)] = await pair.b.agents(1, 5)
        async with at_work(pair.b, token):
            await request_agent(customer)
            await customer.owner("agent")
        missed = "select count(*) from accounts where gone_at is not null"
        await pair.until(missed, [(1,)])
        async with Customer(pair.a.sockets) as other:  # once it has been told of one thing, it has of those before
            await other.send("Hello?")
            await other.until(lambda: len(other.history()) == 2)
        pair.a.sleep()
        async with at_work(pair.b, token) as [agent]:
            await pair.until(
                "select count(*) from accounts where now() - gone_at::timestamptz > interval '1 s'", [(0,)]
            )
            since = "select extract(epoch from now() - max(at)::timestamptz) from events where kind = 'owner'"
            await pair.until(f"select ({since}) > {rescue_s + 1}", [(True,)])
            pair.a.wake_up()
            async with Customer(pair.a.sockets) as another:
                await another.send("Hello?")
                await another.until(lambda: len(another.history()) == 2)
            assert (await agent.say(customer.conversation_id, "I am back."))["type"] == "ack"
        owners = "select count(*) from events where kind = 'owner' and data like '%rescued%'"
        assert pair.rows(owners) == [(0,)]


async def test_who_writes_at_one_process_is_not_silent_at_the_other(tmp_path: Path, bot: FakeBot) -> None:
    """An agent has a tab at each, and writes in one of them: what they leave unanswered meanwhile is no silence."""
    first_reply_s = "10"  # in which a slow machine, too, has given two conversations and a reply to one
    settings = {"TANDEM_FIRST_REPLY_S": first_reply_s, "TANDEM_SILENT_AFTER": "1"}
    async with two_gateways(tmp_path, bot, **settings) as pair:
        [(token, _)] = await pair.b.agents(1, 5)
        async with (
            at_work(pair.a, token) as [here],
            at_work(pair.b, token) as [there],
            Customer(pair.b.sockets) as first,
            Customer(pair.b.sockets) as second,
        ):
            for customer in (first, second):
                await request_agent(customer)
                await customer.owner("agent")
            await pair.until("select now() - max(at)::timestamptz > interval '1 s' from events", [(True,)])
            assert (await here.say(first.conversation_id, "Just a moment."))["type"] == "ack"
            await second.until(lambda: "timed_out" in [event.get("cause") for event in second.history()])
            for tab in (here, there):
                assert (await tab.do("open", conversation_id=second.conversation_id))["type"] == "ack"
                assert [frame for frame in tab.frames if frame["type"] == "presence"] == []


async def test_an_agent_who_goes_from_process_to_process_stays_silent(tmp_path: Path, bot: FakeBot) -> None:
    settings = {"TANDEM_FIRST_REPLY_S": "1", "TANDEM_SILENT_AFTER": "2"}
    async with two_gateways(tmp_path, bot, **settings) as pair, Customer(pair.b.sockets) as first:
        [(token, _)] = await pair.b.agents(1, 5)
        async with at_work(pair.a, token):
            await request_agent(first)
            await first.until(lambda: "timed_out" in [event.get("cause") for event in first.history()])
        async with Agent(pair.b.sockets, token) as moved, Customer(pair.b.sockets) as second:
            await request_agent(second)
            told = await moved.frame(lambda frame: frame["type"] == "presence")
            assert (told["state"], told["cause"]) == ("away", "silent")
        await pair.until("select presence_cause from accounts where presence_cause is not null", [("silent",)])
        async with Agent(pair.a.sockets, token) as reloaded:  # the other process knows why, too
            assert (reloaded.welcome["presence"], reloaded.welcome["presence_cause"]) == ("away", "silent")
            await reloaded.do("presence", state="online")
        async with Agent(pair.b.sockets, token) as back:  # and the one that set them away that it is over
            assert back.welcome["presence"] == "online"
            assert "presence_cause" not in back.welcome


async def test_deadlines_fire_once(tmp_path: Path, bot: FakeBot) -> None:
    """Both processes see the same deadlines come: each alert is raised once, also by one that was killed meanwhile."""
    async with two_gateways(tmp_path, bot, TANDEM_UNCLAIMED_S="3") as pair:
        for gateway in (pair.a, pair.b) * 10:
            async with Customer(gateway.sockets) as customer:
                await request_agent(customer)
        await pair.until("select count(distinct conversation_id) from events where kind = 'alert'", [(20,)])
        await pair.a.stop(signal.SIGKILL)
        await pair.until(
            """select count(*) from (select conversation_id from events where kind = 'alert'
            group by conversation_id having count(*) > 1) again""",
            [(20,)],
        )
        twice = """select count(*) from (
            select at, lag(at) over (partition by conversation_id order by seq) before
            from events where kind = 'alert') alerts where at::timestamptz - before::timestamptz < interval '2.9 s'"""
        assert pair.rows(twice) == [(0,)]
