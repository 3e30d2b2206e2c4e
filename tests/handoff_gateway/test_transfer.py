"""Passing conversations on: never into limbo, never forgotten by the one who did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.gateway import Client, Gateway, fresh_id

Json = dict[str, Any]


async def with_agent(customer: Client) -> Json:
    await customer.request_agent()
    await customer.owner("queue")
    await customer.owner("agent")
    return {"conversation_id": customer.conversation_id}


async def test_21_forward_to_a_full_team(gateway: Gateway) -> None:
    """The old owner is gone, the customer waits, and the first free place is theirs."""
    team = await gateway.team("Returns", "rita")
    await gateway.http.put(
        f"/v1/agents/{await gateway.account_id('rita')}", headers=await gateway.admin(), json={"capacity": 1}
    )
    async with gateway.online("ada") as ada, gateway.customer() as first, gateway.customer() as second:
        held = [await with_agent(first), await with_agent(second)]
        async with gateway.online("rita") as rita:
            await ada.do("transfer", team="returns", note="Wrong size.", **held[0])
            assert (await first.owner("agent"))["agent"]["name"] == "Rita"
            await ada.do("transfer", team="Returns", **held[1])
            queued = await second.owner("queue")
            assert (queued["team"], queued["cause"], queued.get("agent")) == (team["id"], "transferred", None)
            assert (await second.until("queue"))["position"] == 1
            refused = await ada.do("send", client_message_id=fresh_id(), text="Still me?", **held[1])
            assert refused["code"] == "forbidden"
            await rita.do("close", **held[0])
            assert (await second.owner("agent"))["agent"]["name"] == "Rita"


@pytest.mark.parametrize("case", ["full", "offline"])
async def test_21_forward_to_an_agent_who_cannot_take_it(gateway: Gateway, case: str) -> None:
    """Their team's queue takes it; the sender is rid of it and keeps a follow-up under the agent's name."""
    team = await gateway.team("Returns", "rita", mode="manual")
    rita_id = await gateway.account_id("rita")
    await gateway.http.put(f"/v1/agents/{rita_id}", headers=await gateway.admin(), json={"capacity": 1})
    async with gateway.online("ada") as ada, gateway.customer() as first, gateway.customer() as second:
        held = await with_agent(first)
        if case == "full":
            async with gateway.online("rita") as rita:
                await second.say("hi")
                await rita.do("claim", conversation_id=second.conversation_id)
                answer = await ada.do("transfer", agent_id=rita_id, **held)
        else:
            answer = await ada.do("transfer", agent_id=rita_id, **held)
        assert answer["type"] == "ack"
        queued = await first.owner("queue")
        assert (queued["team"], queued["cause"]) == (team["id"], "transferred")
        lists = await ada.until("queue", lambda frame: bool(frame["follow_ups"]))
        assert lists["follow_ups"][0]["follow_up"] == {"to": "Rita", "outcome": None}


async def test_21_forward_to_a_closed_team(gateway: Gateway, clock: FakeClock) -> None:
    """Closed and without a fallback: a dated promise in the customer's zone, and the bot goes on."""
    hours = {"time_zone": "Europe/Prague", "weekly": {"tue": ["09:00-17:00"]}}
    team = await gateway.team("Returns", "rita", hours=hours)
    async with gateway.online("ada") as ada, gateway.customer(time_zone="Europe/Prague") as customer:
        held = await with_agent(customer)
        await ada.do("transfer", team=team["id"], **held)
        assert (await customer.owner("bot"))["cause"] == "promised"
        assert "tomorrow at 9:00" in (await customer.said("system"))["text"]
        assert (await customer.event("call_back"))["call_back"]["team"] == team["id"]


async def test_21_a_closed_team_is_stood_in_for_by_its_fallback(gateway: Gateway) -> None:
    helpers = await gateway.team("Helpers", "hal")
    team = await gateway.team("Returns", hours={"time_zone": "UTC", "weekly": {}}, fallback=helpers["id"])
    async with gateway.online("ada") as ada, gateway.online("hal"), gateway.customer() as customer:
        held = await with_agent(customer)
        await ada.do("transfer", team=team["id"], **held)
        assert (await customer.owner("queue"))["team"] == helpers["id"]
        assert (await customer.owner("agent"))["agent"]["name"] == "Hal"


async def test_a_transfer_names_a_team_or_an_agent_not_both(gateway: Gateway) -> None:
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        held = await with_agent(customer)
        refused = await ada.do("transfer", team="general", agent_id="acc_x", **held)
        assert (refused["code"], refused["message"].partition(":")[0]) == ("bad_frame", "team")


class TestFollowUp:
    """The one who passes a conversation on is reminded until it is closed, and told how it ended."""

    async def test_reminded_told_and_done(self, gateway: Gateway, clock: FakeClock) -> None:
        bo_id = await gateway.account_id("bo")
        async with gateway.online("ada") as ada, gateway.customer() as customer:
            held = await with_agent(customer)
            async with gateway.online("bo") as bo:
                await ada.do("transfer", agent_id=bo_id, note="Knows the warehouse.", **held)
                await customer.owner("agent")
                await bo.do("send", client_message_id=fresh_id(), text="Hello", **held)
                for hours in (1, 4):
                    clock.advance(hours * 3600 + 1)
                    reminder = await ada.until("alert")
                    assert (reminder["about"], reminder["standing"], reminder["to"]) == ("follow_up", "reminded", "Bo")
                await bo.do("close", disposition="refunded", **held)
                told = await ada.until("alert")
                assert (told["standing"], told["outcome"]) == ("ended", "closed by Bo: refunded")
                assert "alert" not in {frame["type"] for frame in bo.frames}
            token = await gateway.account("ada")
            async with gateway.agent(token) as later:
                (kept,) = later.welcome["follow_ups"]
                assert kept["follow_up"] == {"to": "Bo", "outcome": "closed by Bo: refunded"}
                await later.do("follow_up_done", **held)
                await later.until("queue", lambda frame: frame["follow_ups"] == [])
            clock.advance(7200)
            assert len(await gateway.log(customer).kinds("follow_up")) == 5

    async def test_reminders_become_rare_and_come_in_working_hours(self, gateway: Gateway, clock: FakeClock) -> None:
        """After an hour, after four more, then a day apart; one that falls into the night waits for the morning."""
        week = {day: ["09:00-16:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
        await gateway.change_team("general", hours={"time_zone": "UTC", "weekly": week})
        bo_id = await gateway.account_id("bo")
        async with gateway.online("ada") as ada, gateway.customer() as customer:
            held = await with_agent(customer)
            async with gateway.online("bo") as bo:
                await ada.do("transfer", agent_id=bo_id, **held)
                await customer.owner("agent")
                await bo.do("send", client_message_id=fresh_id(), text="Hello", **held)
                reminded = ["2026-03-02T11:00", "2026-03-02T15:00", "2026-03-03T15:00", "2026-03-04T15:00"]
                reminded += ["2026-03-05T15:00", "2026-03-06T15:00", "2026-03-09T09:00", "2026-03-10T09:00"]
                for moment in reminded:
                    due_at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
                    clock.move(due_at - timedelta(seconds=1))
                    await bo.do("note", client_message_id=fresh_id(), text="Looking.", **held)
                    clock.move(due_at)
                    reminder = await ada.until("alert", lambda frame: frame["about"] == "follow_up")
                    assert reminder["at"].startswith(moment)

    async def test_the_customer_never_sees_it(self, gateway: Gateway) -> None:
        bo_id = await gateway.account_id("bo")
        async with gateway.online("ada") as ada, gateway.customer() as customer:
            held = await with_agent(customer)
            async with gateway.online("bo"):
                await ada.do("transfer", agent_id=bo_id, note="A secret.", **held)
                assert (await customer.event("hidden")).keys() == {"seq", "kind"}
                await customer.owner("agent")
                assert (await customer.event("hidden")).keys() == {"seq", "kind"}

    async def test_who_gets_it_back_and_closes_it_needs_no_telling(self, gateway: Gateway) -> None:
        ada_id, bo_id = await gateway.account_id("ada"), await gateway.account_id("bo")
        async with gateway.online("ada") as ada, gateway.online("bo") as bo, gateway.customer() as customer:
            await customer.say("hi")
            await ada.do("claim", conversation_id=customer.conversation_id)
            held = {"conversation_id": customer.conversation_id}
            await ada.do("transfer", agent_id=bo_id, **held)
            await bo.do("transfer", agent_id=ada_id, **held)
            await ada.do("close", **held)
            standings = [e["follow_up"]["standing"] for e in await gateway.log(customer).kinds("follow_up")]
            assert standings == ["opened", "opened", "done", "ended"]

    async def test_putting_it_back_into_the_queue_is_no_passing_on(self, gateway: Gateway) -> None:
        async with gateway.online("ada") as ada, gateway.customer() as customer:
            held = await with_agent(customer)
            await ada.do("transfer", **held)
            await customer.owner("queue")
            assert await gateway.log(customer).kinds("follow_up") == []
