"""Nobody is there: customers who wait are told at once; agents who only seem to be there are set away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handoff_gateway.core.hours import Hours
from handoff_gateway.core.team import Team, Teams
from handoff_gateway.routing.attendance import Attended, attended
from tests.support.bot import FakeBot
from tests.support.clock import MONDAY, FakeClock
from tests.support.gateway import Client, Gateway, fresh_id, running_gateway

Json = dict[str, Any]
HERE = {"type": "attendance", "attended": True, "opens_at": None}
GRACE_S = 3600.0  # whoever is told only after it is not told within a test
NOBODY = {"type": "attendance", "attended": False, "opens_at": None}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def gateway(tmp_path: Path, bot: FakeBot, clock: FakeClock) -> AsyncIterator[Gateway]:
    async with running_gateway(
        tmp_path, clock=clock, bot_port=bot.port, queue_interval_s=0.05, presence_grace_s=GRACE_S
    ) as gateway:
        yield gateway


async def waits(gateway: Gateway, customer: Client) -> None:
    """Ask for a person whom nobody gives to an agent by itself."""
    await customer.request_agent()
    await customer.owner("queue")


@pytest.mark.parametrize("how", ["signs out", "goes away", "ends every sign-in"])
async def test_19_the_last_agent_leaves(gateway: Gateway, how: str) -> None:
    """Customers who wait hear of it at once, not after a grace time, and again when somebody is there."""
    await gateway.change_team("general", mode="manual")
    token = await gateway.account("ada")
    headers = {"Authorization": f"Bearer {token}"}
    async with gateway.customer() as customer:
        async with gateway.online("ada") as ada:
            await waits(gateway, customer)
            await customer.until("attendance", HERE.__eq__)
            if how == "signs out":
                await gateway.http.post("/v1/logout", headers=headers)
            elif how == "goes away":
                await ada.do("presence", state="away")
            else:
                await gateway.http.delete("/v1/sign-ins", headers=headers)
            await customer.until("attendance", NOBODY.__eq__)
        async with gateway.online("bo"):
            await customer.until("attendance", HERE.__eq__)


async def test_19_the_team_closes(gateway: Gateway, clock: FakeClock) -> None:
    """At the stroke of the hour, with the time at which somebody is there again; the promise follows."""
    hours = {"time_zone": "UTC", "weekly": {"mon": ["09:00-10:05"], "tue": ["09:00-17:00"]}}
    await gateway.change_team("general", mode="manual", hours=hours)
    async with gateway.online(), gateway.customer() as customer:
        await waits(gateway, customer)
        await customer.until("attendance", HERE.__eq__)
        clock.advance(301)
        opens_at = "2026-03-03T09:00:00.000000Z"
        assert await customer.until("attendance") == {**NOBODY, "opens_at": opens_at}
        clock.advance(200)
        assert (await customer.owner("bot"))["cause"] == "promised"


async def test_19_an_agent_who_is_there_is_never_called_absent(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even in the moment after they came, while the database is slow to say which teams there are."""
    await gateway.change_team("general", mode="manual")
    async with gateway.customer() as first, gateway.customer() as second:
        await waits(gateway, first)
        await first.until("attendance", NOBODY.__eq__)
        never = asyncio.Event()
        monkeypatch.setattr(gateway.services.desk, "teams", never.wait)
        async with gateway.online("ada"):
            await waits(gateway, second)
            assert await second.until("attendance") == HERE
            assert await first.until("attendance", HERE.__eq__) == HERE
            async with gateway.customer(token=second.welcome["token"]) as again:
                assert await again.until("attendance") == HERE


async def test_19_who_joins_a_queue_or_comes_back_to_it_is_told(gateway: Gateway) -> None:
    async with gateway.customer() as customer:
        await waits(gateway, customer)
        await customer.until("attendance", NOBODY.__eq__)
        async with gateway.customer(token=customer.welcome["token"]) as again:
            assert again.welcome["owner"] == "queue"
            assert await again.until("attendance") == NOBODY


async def test_19_another_teams_agent_is_nobody_for_those_who_wait(gateway: Gateway) -> None:
    """Only members of the team, and of those that help it out, count."""
    team = await gateway.team("Returns", "rita", mode="manual")
    await gateway.change_team("general", fallback=team["id"], mode="manual")
    async with gateway.online("ada") as ada, gateway.customer() as customer:
        await customer.say("hi")
        await ada.do("claim", conversation_id=customer.conversation_id)
        await ada.do("transfer", conversation_id=customer.conversation_id, team=team["id"])
        await customer.owner("queue")
        await customer.until("attendance", NOBODY.__eq__)
        async with gateway.online("rita"):
            await customer.until("attendance", HERE.__eq__)


async def test_19_a_page_that_loads_anew_is_no_leaving(gateway: Gateway) -> None:
    """An agent without a socket still counts for the grace time: customers are not told of every reload."""
    await gateway.change_team("general", mode="manual")
    async with gateway.customer() as customer:
        async with gateway.online("ada"):
            await waits(gateway, customer)
            await customer.until("attendance", HERE.__eq__)
            heard = len(customer.frames)
        async with gateway.agent(await gateway.account("ada")) as ada:
            await ada.do("presence", state="away")
            await customer.until("attendance", NOBODY.__eq__)
    assert [frame for frame in customer.frames[heard:] if frame["type"] == "attendance"] == [NOBODY]


def test_a_closed_team_says_when_the_first_of_its_helpers_opens() -> None:
    early = Hours("UTC", {"tue": ((8 * 60, 9 * 60),)})
    late = Hours("UTC", {"tue": ((10 * 60, 11 * 60),)})
    teams = Teams({"a": Team("a", "A", fallback="b", hours=late), "b": Team("b", "B", hours=early)})
    assert attended(teams, teams.get("a"), ["x"], MONDAY) == Attended(False, datetime(2026, 3, 3, 8, tzinfo=UTC))


class TestSilentAgents:
    """Online, given conversations, and nothing comes: set away after the second, and told why."""

    async def given(self, customer: Client) -> None:
        await customer.request_agent()
        await customer.owner("queue")
        await customer.owner("agent")

    async def test_twice_in_a_row(self, gateway: Gateway, clock: FakeClock) -> None:
        token = await gateway.account("ada")
        async with gateway.online("ada") as ada, gateway.customer() as first, gateway.customer() as second:
            await self.given(first)
            clock.advance(121)
            await first.owner("queue")
            await self.given(second)
            clock.advance(121)
            notice = await ada.until("presence")
            assert notice == {"type": "presence", "state": "away", "cause": "silent", "missed": 2}
            await second.owner("queue")
            async with gateway.agent(token) as later:
                assert (later.welcome["presence"], later.welcome["presence_cause"]) == ("away", "silent")
                await later.do("presence", state="online")
                async with gateway.customer() as third:
                    await self.given(third)
            async with gateway.agent(token) as again:
                assert "presence_cause" not in again.welcome

    async def test_a_reply_in_between_begins_the_count_anew(self, gateway: Gateway, clock: FakeClock) -> None:
        async with gateway.online("ada") as ada, gateway.customer() as first, gateway.customer() as second:
            await self.given(first)
            clock.advance(121)
            await first.owner("queue")
            await self.given(second)
            fields = {"conversation_id": second.conversation_id, "client_message_id": fresh_id()}
            await ada.do("send", text="Hello", **fields)
            await ada.do("close", conversation_id=second.conversation_id)
            await second.say("thanks")
            await self.given(second)
            clock.advance(121)
            await second.owner("queue")
            await ada.do("presence", state="online")  # whatever was sent before is here now
            assert [frame for frame in ada.frames if frame["type"] == "presence"] == []

    async def test_who_is_busy_with_another_customer_is_not_silent(self, gateway: Gateway, clock: FakeClock) -> None:
        async with gateway.online("ada") as ada, gateway.customer() as busy:
            await self.given(busy)
            fields = {"conversation_id": busy.conversation_id}
            await ada.do("send", text="Hello", client_message_id=fresh_id(), **fields)
            for _ in range(2):
                async with gateway.customer() as other:
                    await self.given(other)
                    clock.advance(100)
                    await ada.do("send", text="One moment", client_message_id=fresh_id(), **fields)
                    clock.advance(21)
                    await other.owner("queue")
            await ada.do("presence", state="online")
            assert [frame for frame in ada.frames if frame["type"] == "presence"] == []

    async def test_never_when_the_setting_says_so(self, tmp_path: Path, bot: FakeBot, clock: FakeClock) -> None:
        async with (
            running_gateway(tmp_path, clock=clock, bot_port=bot.port, silent_after=0) as gateway,
            gateway.online("ada") as ada,
        ):
            for _ in range(3):
                async with gateway.customer() as customer:
                    await self.given(customer)
                    clock.advance(121)
                    await customer.owner("queue")
            await ada.do("presence", state="online")
            assert [frame for frame in ada.frames if frame["type"] == "presence"] == []
