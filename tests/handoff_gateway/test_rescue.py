"""Agents who are gone or silent, customers nobody claims, targets that are missed: by a clock that the test moves."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from handoff_gateway.store.tables import accounts, conversations
from tests.support.bot import FakeBot
from tests.support.clock import FakeClock
from tests.support.gateway import PATIENCE_S, Client, Gateway, fresh_id, running_gateway

Json = dict[str, Any]


async def answer(agent: Client, customer: Client, text: str = "Hello") -> None:
    fields = {"conversation_id": customer.conversation_id, "client_message_id": fresh_id()}
    assert (await agent.do("send", text=text, **fields))["type"] == "ack"


async def given(customer: Client) -> None:
    """Ask for a person and be given to the agent who is there."""
    await customer.request_agent()
    await customer.owner("queue")
    await customer.owner("agent")


async def missed(gateway: Gateway, name: str) -> None:
    """Wait until it is written down that an agent has no socket."""
    wanted = select(accounts.c.gone_at).where(accounts.c.email == f"{name}@example.org")
    async with asyncio.timeout(PATIENCE_S):
        while await gateway.services.database.read(lambda tx: tx.execute(wanted).scalar_one()) is None:
            pass  # each look at the database lets the gateway go on


async def left_with(gateway: Gateway, customer: Client) -> None:
    """Have an agent answer the customer and lose the connection."""
    async with gateway.online("ada") as ada:
        await given(customer)
        await answer(ada, customer)
    await missed(gateway, "ada")


@pytest.mark.parametrize(("language", "line"), [("en", "first in line"), ("cs", "první na řadě"), ("lt", "pirmas")])
async def test_10_assigned_to_an_agent_who_is_gone(
    gateway: Gateway, clock: FakeClock, language: str, line: str
) -> None:
    """Sockets gone for a minute: front of the queue, one honest line in the customer's language, supervisors know."""
    sam = await gateway.account("sam", "supervisor")
    async with gateway.agent(sam) as supervisor, gateway.customer(language=language) as customer:
        async with gateway.online("ada", capacity=1) as ada:
            await given(customer)
            await answer(ada, customer)
            async with gateway.customer() as other:
                await other.request_agent()
                assert (await other.until("queue"))["position"] == 1
        await missed(gateway, "ada")
        clock.advance(59)
        clock.advance(1.5)
        assert (await customer.owner("queue"))["cause"] == "rescued"
        assert line in (await customer.said("system"))["text"]
        assert (await customer.until("queue"))["position"] == 1  # before the one who waited longer
        alert = await supervisor.until("alert", lambda frame: frame["about"] == "rescued")
        assert alert["agent"]["name"] == "Ada"
        assert len(await gateway.log(customer).messages("system")) == 1
        async with gateway.online("bo", capacity=1):
            assert (await customer.owner("agent"))["agent"]["name"] == "Bo"


async def test_10_an_agent_who_comes_back_in_time_keeps_what_they_hold(gateway: Gateway, clock: FakeClock) -> None:
    token = await gateway.account("ada")
    async with gateway.customer() as customer:
        await left_with(gateway, customer)
        clock.advance(50)
        async with gateway.agent(token) as again:
            clock.advance(50)
            await answer(again, customer, "still here")
            assert [e["cause"] for e in await gateway.log(customer).kinds("owner")] == ["handed_off", "assigned"]


async def test_10_an_agent_who_comes_back_late_may_have_it_again(gateway: Gateway, clock: FakeClock) -> None:
    token = await gateway.account("ada")
    async with gateway.customer() as customer:
        await left_with(gateway, customer)
        clock.advance(61)
        await customer.owner("queue")
        async with gateway.agent(token):  # online, as chosen before
            assert (await customer.owner("agent"))["agent"]["name"] == "Ada"


async def test_10_given_to_an_agent_who_has_just_gone(tmp_path: Path, bot: FakeBot) -> None:
    """While a page that loads anew still counts as there: missed from the moment they went, by the real clock."""
    quick = {"rescue_s": 1.0, "presence_grace_s": 60.0, "first_reply_s": 600.0}
    async with running_gateway(tmp_path, bot_port=bot.port, **quick) as gateway, gateway.customer() as customer:
        async with gateway.online("ada"):
            pass
        await missed(gateway, "ada")
        await given(customer)
        assert (await customer.owner("queue"))["cause"] == "rescued"


async def test_10_assigned_to_a_silent_agent(gateway: Gateway, clock: FakeClock) -> None:
    """No first reply in two minutes: another agent gets it, not the silent one again."""
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await given(customer)
        clock.advance(121)
        assert (await customer.owner("queue"))["cause"] == "timed_out"
        assert "Ada could not answer you in time" in (await customer.said("system"))["text"]
        assert (await ada.until("alert"))["about"] == "rescued"
        async with gateway.online("bo") as bo:
            assert (await customer.owner("agent"))["agent"]["name"] == "Bo"
            await answer(bo, customer)
            clock.advance(3600)
            await answer(bo, customer, "done")  # who has answered once is not taken off again
            assert [e["cause"] for e in await gateway.log(customer).kinds("owner")][-1] == "assigned"


async def test_10_a_restart_does_not_forget_who_is_gone(tmp_path: Path, bot: FakeBot) -> None:
    """The gateway was down when the agent's minute was over: it happens at the start."""
    clock = FakeClock()
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway, gateway.customer() as customer:
        await left_with(gateway, customer)
        token = customer.welcome["token"]
    clock.advance(90)
    async with (
        running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway,
        gateway.customer(token=token) as again,
    ):
        assert (await again.owner("queue"))["cause"] == "handed_off"
        assert (await again.owner("queue"))["cause"] == "rescued"


async def test_15_nobody_alerted_on_a_handoff(gateway: Gateway, clock: FakeClock) -> None:
    """No word was said before: agents see it at once, and they and supervisors are told again each minute."""
    await gateway.change_team("general", mode="manual")
    sam = await gateway.account("sam", "supervisor")
    async with gateway.online() as agent, gateway.agent(sam) as supervisor, gateway.customer() as customer:
        await customer.request_agent()
        await agent.until("queue", lambda frame: frame["waiting_total"] == 1)
        for _ in range(2):
            clock.advance(61)
            for desk in (agent, supervisor):
                alert = await desk.until("alert")
                assert (alert["about"], alert["level"], alert["team"]) == ("unclaimed", "warning", "general")
        alerting = await supervisor.until("queue", lambda frame: bool(frame["alerts"]))
        assert alerting["alerts"][0]["alerts"] == ["unclaimed"]
        clock.advance(61)
        offer = await customer.event("message")
        assert offer["message"]["offer"] == "call_back"
        assert "leave us a message" in offer["message"]["text"]
        await agent.do("claim", conversation_id=customer.conversation_id)
        await supervisor.until("queue", lambda frame: frame["alerts"] == [])
        before = len(await gateway.log(customer).kinds("alert"))
        await answer(agent, customer)
        clock.advance(600)
        await answer(agent, customer, "one more")
        assert len(await gateway.log(customer).kinds("alert")) == before
        assert len(await gateway.log(customer).messages("system")) == 1  # offered once


async def test_15_the_customer_never_sees_an_alert(gateway: Gateway, clock: FakeClock) -> None:
    async with gateway.customer() as customer:
        await customer.request_agent()
        await customer.owner("queue")
        clock.advance(61)
        assert (await customer.event("hidden")).keys() == {"seq", "kind"}


async def test_an_alert_of_another_team_reaches_supervisors_only(gateway: Gateway, clock: FakeClock) -> None:
    team = await gateway.team("Returns", "rita", mode="manual")
    sam = await gateway.account("sam", "supervisor")
    async with gateway.online("ada") as ada, gateway.agent(sam) as supervisor, gateway.customer() as customer:
        await given(customer)
        await answer(ada, customer)
        await ada.do("transfer", conversation_id=customer.conversation_id, team=team["id"])
        clock.advance(61)
        assert (await supervisor.until("alert"))["team"] == team["id"]
        await ada.do("presence", state="away")  # whatever had been sent before is here now
        assert [frame for frame in ada.frames if frame["type"] == "alert"] == []


class TestTargets:
    async def test_first_response_is_warned_of_then_missed(self, gateway: Gateway, clock: FakeClock) -> None:
        await gateway.change_team("general", targets={"first_response_s": 50})
        async with gateway.online() as agent, gateway.customer() as customer:
            await given(customer)
            clock.advance(41)
            alert = await agent.until("alert")
            assert (alert["about"], alert["level"]) == ("first_response", "warning")
            clock.advance(10)
            alert = await agent.until("alert")
            assert (alert["about"], alert["level"]) == ("first_response", "breach")
            assert alert["due_at"] == "2026-03-02T10:00:50.000000Z"
            headers = {"Authorization": f"Bearer {gateway.service_token}"}
            metrics = (await gateway.http.get("/metrics", headers=headers)).text
            assert 'tandem_alerts_total{about="first_response",level="breach"} 1.0' in metrics
            assert alert["conversation"]["alerts"] == ["first_response.warning", "first_response.breach"]

    async def test_next_response_counts_from_the_first_unanswered_message(
        self, gateway: Gateway, clock: FakeClock
    ) -> None:
        await gateway.change_team("general", targets={"next_response_s": 100})
        async with gateway.online() as agent, gateway.customer() as customer:
            await given(customer)
            await answer(agent, customer)
            for missed in (False, True):
                await customer.say("and?")
                clock.advance(50)
                await customer.say("hello?")
                if missed:
                    clock.advance(51)
                    assert (await agent.until("alert"))["level"] == "warning"
                    assert (await agent.until("alert"))["level"] == "breach"
                await answer(agent, customer)
            clock.advance(1000)
            await answer(agent, customer)
            assert len(await gateway.log(customer).kinds("alert")) == 2

    async def test_resolution_counts_from_the_handoff_to_the_close(self, gateway: Gateway, clock: FakeClock) -> None:
        await gateway.change_team("general", targets={"resolution_s": 1000})
        async with gateway.online() as agent, gateway.customer() as customer:
            await given(customer)
            await answer(agent, customer)
            clock.advance(1001)
            levels = [(await agent.until("alert"))["level"] for _ in range(2)]
            assert levels == ["warning", "breach"]

    async def test_a_target_set_later_holds_for_those_who_wait_already(
        self, gateway: Gateway, clock: FakeClock
    ) -> None:
        async with gateway.online() as agent, gateway.customer() as customer:
            await given(customer)
            clock.advance(45)
            await gateway.change_team("general", targets={"first_response_s": 50})
            assert (await agent.until("alert"))["level"] == "warning"


async def test_a_deadline_set_while_the_next_one_is_looked_up_is_not_slept_through(
    gateway: Gateway, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is committed after the look at the database, and later than the deadline that was slept for before."""
    look, start = gateway.services.desk.next_due, clock.now
    known, held, go_on = (asyncio.Event() for _ in range(3))

    async def next_due() -> datetime | None:
        earliest = await look()
        if clock.now == start and earliest is not None:
            known.set()
        elif clock.now > start and not held.is_set():
            held.set()
            await go_on.wait()
        return earliest

    monkeypatch.setattr(gateway.services.desk, "next_due", next_due)
    async with gateway.customer() as first, gateway.customer() as second, asyncio.timeout(PATIENCE_S):
        await first.request_agent()
        await known.wait()
        await first.send("leave_queue")
        await first.owner("bot")
        clock.advance(61)
        await held.wait()
        await second.request_agent()
        clock.now += timedelta(seconds=61)  # the time passes; nobody wakes it
        go_on.set()
        await second.event("hidden")  # the alert that nobody takes it


async def test_what_came_due_while_the_gateway_was_down_happens_at_the_start(tmp_path: Path, bot: FakeBot) -> None:
    clock = FakeClock()
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway, gateway.customer() as customer:
        await customer.request_agent()
        token = customer.welcome["token"]
    clock.advance(3600)
    async with (
        running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway,
        gateway.customer(token=token) as again,
    ):
        assert (await again.said("system"))["offer"] == "call_back"
        kinds = [event["kind"] for event in await gateway.log(again).events()]
        assert kinds == ["handoff", "owner", "alert", "message"]  # one alert for the whole hour, not sixty


async def test_a_wait_of_a_version_without_deadlines_is_attended_to_after_the_upgrade(
    tmp_path: Path, bot: FakeBot
) -> None:
    clock = FakeClock()
    async with running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway, gateway.customer() as customer:
        await customer.request_agent()
        forget = update(conversations).values(next_due=None)
        await gateway.services.database.write(lambda tx: tx.execute(forget).close())
    clock.advance(61)
    async with (
        running_gateway(tmp_path, clock=clock, bot_port=bot.port) as gateway,
        gateway.customer(token=customer.welcome["token"]) as again,
    ):
        await again.event("hidden")
        assert [e["alert"]["about"] for e in await gateway.log(again).kinds("alert")] == ["unclaimed"]
