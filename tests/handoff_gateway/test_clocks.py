"""Clocks that are set, stand still or disagree: nobody loses a place, nobody is missed too early or too late."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest

from handoff_gateway.bot_turns.bot import RasaBot, Turn
from handoff_gateway.calls import CONNECT_S
from handoff_gateway.errors import BotUnavailableError
from handoff_gateway.steady_clock import SteadyClock
from handoff_gateway.times import from_text, utc_now
from tests.handoff_gateway.test_rescue import left_with
from tests.support import postgres, redis_server
from tests.support.bot import FakeBot
from tests.support.clock import FakeClock
from tests.support.gateway import PATIENCE_S, Gateway, running_gateway
from tests.support.replicas import WITHOUT


async def test_a_clock_set_back_lets_nobody_in_before_those_who_wait(
    tmp_path: Path, bot: FakeBot, clock: FakeClock
) -> None:
    """Places stay as they were drawn, over a restart and for who comes later; a free agent gets the first."""
    tokens = []
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port, queue_interval_s=0.05) as gateway:
        for number in range(3):
            async with gateway.customer() as customer:
                await customer.request_agent()
                assert (await customer.until("queue"))["position"] == number + 1
                tokens.append(customer.welcome["token"])
            clock.advance(-600)
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port, queue_interval_s=0.05) as gateway:
        async with gateway.customer() as last:
            await last.request_agent()
            assert (await last.until("queue"))["position"] == 4
        for position, token in enumerate(tokens, 1):
            async with gateway.customer(token=token) as again:
                assert (await again.until("queue"))["position"] == position
        async with gateway.customer(token=tokens[0]) as first, gateway.online("ada", capacity=1) as ada:
            await first.owner("agent")
            headers = {"Authorization": f"Bearer {await gateway.account('ada')}"}
            waiting = (await gateway.http.get("/v1/conversations?owner=queue", headers=headers)).json()
            assert len(waiting["conversations"]) == 3
            async with gateway.customer(token=tokens[1]) as second:
                await ada.do("close", conversation_id=first.conversation_id)
                await second.owner("agent")


async def test_an_agent_gone_since_a_time_to_come_is_missed_from_now_on(tmp_path: Path, bot: FakeBot) -> None:
    """The clock was set back by a day while the gateway was down: the rescue comes a minute later, not a day."""
    clock = FakeClock()
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway, gateway.customer() as customer:
        await left_with(gateway, customer)
        token = customer.welcome["token"]
    clock.advance(-24 * 3600)
    async with (
        running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway,
        gateway.customer(token=token) as again,
    ):
        clock.advance(61)
        await again.event("owner", lambda event: event["cause"] == "rescued")


async def test_a_set_clock_holds_up_no_rescue(tmp_path: Path, bot: FakeBot) -> None:
    """The machine's clock is set back by half an hour under a running gateway; the agent is missed in time."""
    set_back = timedelta(0)
    steady = SteadyClock(lambda: utc_now() - set_back)
    async with (
        running_gateway(tmp_path, clock=steady, bot_port=bot.port, rescue_s=1.0, presence_grace_s=0.1) as gateway,
        gateway.customer() as customer,
    ):
        await left_with(gateway, customer)
        set_back = timedelta(minutes=30)
        assert (await customer.event("owner", lambda event: event["owner"] == "queue" and event["epoch"] > 3))[
            "cause"
        ] == "rescued"


async def test_a_loop_that_stands_still_is_no_bot_that_is_away(gateway: Gateway, bot: FakeBot) -> None:
    """Each step of the loop takes as long as a connection may: the customer is answered, not handed off."""
    loop = asyncio.get_running_loop()

    def stand_still(times: int) -> None:
        time.sleep(CONNECT_S / 2)
        if times > 1:
            loop.call_soon(stand_still, times - 1)

    async with gateway.customer() as customer:
        await customer.send("send", client_message_id="m1", text="Hello?")
        loop.call_soon(stand_still, 12)
        assert (await customer.said("bot"))["text"] == "You said: Hello?"
        assert len(bot.asked) == 1


async def test_a_bot_that_takes_no_connection_is_given_up_soon() -> None:
    """Its backlog is full: the connection hangs, and the loop runs."""
    listening = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0, backlog=0)
    port = listening.sockets[0].getsockname()[1]
    asyncio.get_running_loop().remove_reader(listening.sockets[0].fileno())  # nobody accepts
    filling = [asyncio.create_task(asyncio.open_connection("127.0.0.1", port)) for _ in range(4)]
    await asyncio.wait(filling, timeout=0.2)
    bot = RasaBot(port, "token", PATIENCE_S)
    started = time.monotonic()
    try:
        with pytest.raises(BotUnavailableError, match="no connection in 1 s"):
            await bot.reply(Turn("con_1.1", "Hello?", {}))
        assert CONNECT_S <= time.monotonic() - started < PATIENCE_S / 2
    finally:
        await bot.aclose()
        for task in filling:
            if task.done():
                task.result()[1].close()
            task.cancel()
        await asyncio.gather(*filling, return_exceptions=True)
        listening.close()


@WITHOUT
async def test_processes_whose_machines_disagree_go_by_the_databases_clock(tmp_path: Path, bot: FakeBot) -> None:
    """One machine is half an hour ahead. An agent who has just gone at the other is not missed for half an hour."""
    ahead = SteadyClock(lambda: utc_now() + timedelta(minutes=30))
    database = postgres.empty_database().render_as_string(hide_password=False)
    async with redis_server.redis_server() as redis:
        shared = {"database_url": database, "redis_url": redis.url, "bot_port": bot.port, "rescue_s": 600.0}
        async with (
            running_gateway(tmp_path, **shared) as right,
            running_gateway(tmp_path, clock=ahead, **shared) as wrong,
            wrong.customer() as customer,
        ):
            await left_with(right, customer)
            await customer.say("Are you there?")
            events = await right.log(customer).events()
            assert abs(from_text(events[-1]["at"]) - utc_now()) < timedelta(minutes=5)
            assert [event["cause"] for event in events if event["kind"] == "owner"] == ["handed_off", "assigned"]
