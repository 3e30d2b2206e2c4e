"""Closed teams, promises and call-backs, by a clock that the test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.bot import Answer, FakeBot, reply
from tests.support.clock import FakeClock
from tests.support.gateway import Gateway, fresh_id, running_gateway

Json = dict[str, Any]
OFFICE = {
    "time_zone": "Europe/Prague",
    "country": "CZ",
    "weekly": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
}


@pytest.fixture
async def office(gateway: Gateway, clock: FakeClock) -> Gateway:
    """A gateway whose only team keeps Czech office hours."""
    await gateway.account("root", "admin")
    await gateway.change_team("general", hours=OFFICE)
    return gateway


def prague(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo("Europe/Prague")).astimezone(UTC)  # type: ignore[arg-type, misc]


async def frustrated(turn: Json) -> Answer:
    return reply(handoff={"reason": "frustration", "line": "I get a colleague.", "summary": "Late.", "language": "cs"})


async def test_18_after_hours_nothing_or_both(office: Gateway, bot: FakeBot, clock: FakeClock) -> None:
    """Sunday, 23:00: the bot answers; a handoff is one line with the next opening, and a call-back."""
    clock.move(prague(2026, 3, 1, 23, 0))
    async with office.online(), office.customer(language="en", time_zone="Europe/London") as customer:
        await customer.say("hello?")
        assert (await customer.said("bot"))["text"] == "You said: hello?"
        await customer.request_agent()
        handoff = await customer.event("handoff")
        assert "tomorrow at 8:00" in handoff["handoff"]["line"]
        assert (await customer.owner("bot"))["cause"] == "promised"
        call_back = (await customer.event("call_back"))["call_back"]
        assert call_back == {"standing": "opened", "team": "general", "due_at": "2026-03-02T08:00:00.000000Z"}
        await customer.say("and are you there?")
        assert (await customer.said("bot"))["text"] == "You said: and are you there?"
        kinds = [event["kind"] for event in await office.log(customer).events()]
        assert kinds == ["message", "message", "handoff", "owner", "call_back", "message", "message"]


@pytest.mark.parametrize(
    ("now", "language", "said"),
    [
        ((2026, 12, 23, 18, 0), "cs", "v pondělí v 9:00"),  # two days of Christmas and a weekend in between
        ((2026, 3, 27, 18, 0), "cs", "v pondělí v 9:00"),  # the clocks change on the Sunday
        ((2026, 10, 23, 18, 0), "de", "am Montag um 9:00 Uhr"),
        ((2026, 4, 2, 18, 0), "lt", "antradienį 9:00"),  # Easter: Friday and Monday are holidays
        ((2026, 3, 3, 7, 0), "cs", "dnes v 9:00"),
        ((2026, 3, 2, 18, 0), "lt", "rytoj 9:00"),
    ],
)
async def test_18_holidays_and_clock_changes(
    office: Gateway, bot: FakeBot, clock: FakeClock, now: tuple[int, ...], language: str, said: str
) -> None:
    clock.move(prague(*now))
    async with office.customer(language=language, time_zone="Europe/Prague") as customer:
        await customer.request_agent()
        assert said in (await customer.event("handoff"))["handoff"]["line"]
        due_at = (await customer.event("call_back"))["call_back"]["due_at"]
        local = datetime.fromisoformat(due_at).astimezone(ZoneInfo("Europe/Prague"))
        assert (local.hour, local.minute) == (9, 0)


async def test_the_bots_own_line_never_comes_beside_the_promise(
    office: Gateway, bot: FakeBot, clock: FakeClock
) -> None:
    bot.behave = frustrated
    clock.move(prague(2026, 3, 7, 12, 0))
    async with office.customer() as customer:
        await customer.say("useless")
        handoff = (await customer.event("handoff"))["handoff"]
        assert "I get a colleague." not in handoff["line"]
        assert "v pondělí v 9:00 (čas: Prague)" in handoff["line"]  # the zone is named where the customer's is unknown
        assert handoff["summary"] == "Late."


async def test_a_closed_team_is_stood_in_for_by_its_fallback(office: Gateway, bot: FakeBot, clock: FakeClock) -> None:
    night = await office.team("Night", "nina")
    await office.change_team("general", fallback=night["id"])
    clock.move(prague(2026, 3, 7, 12, 0))
    async with office.online("nina"), office.customer() as customer:
        await customer.request_agent()
        assert (await customer.owner("queue"))["team"] == night["id"]
        assert (await customer.owner("agent"))["agent"]["name"] == "Nina"


async def test_the_morning_list_is_there_until_it_is_done(office: Gateway, clock: FakeClock) -> None:
    """Called back in the morning: due at the opening, alerted, claimed from the bot, off the list once closed."""
    clock.move(prague(2026, 3, 1, 23, 0))
    async with office.customer() as customer:
        await customer.say("hello")
        await customer.said("bot")
        await customer.request_agent()
        await customer.event("call_back")
        async with office.online() as agent, office.agent(await office.account("sam", "supervisor")) as supervisor:
            listed = agent.welcome["call_backs"]
            assert [item["conversation_id"] for item in listed] == [customer.conversation_id]
            assert listed[0]["call_back"]["due_at"] == "2026-03-02T08:00:00.000000Z"
            clock.move(prague(2026, 3, 2, 9, 0))
            for desk in (agent, supervisor):
                alert = await desk.until("alert")
                assert (alert["about"], alert["level"]) == ("call_back_due", "warning")
                assert alert["conversation"]["conversation_id"] == customer.conversation_id
            await agent.do("claim", conversation_id=customer.conversation_id)
            await customer.owner("agent")
            await agent.do("close", conversation_id=customer.conversation_id, disposition="called")
            await agent.until("queue", lambda frame: frame["call_backs"] == [])
            done = [e["call_back"] for e in await office.log(customer).kinds("call_back")][-1]
            assert (done["standing"], done["by"]["name"]) == ("done", "Ada")


async def test_a_promise_outlives_the_episode_and_can_still_be_kept(office: Gateway, clock: FakeClock) -> None:
    clock.move(prague(2026, 3, 1, 23, 0))
    async with office.online() as agent, office.customer() as customer:
        await customer.request_agent()
        await customer.event("call_back")
        await customer.send("end")
        await customer.owner("nobody")
        claim = await agent.do("claim", conversation_id=customer.conversation_id)
        assert claim["type"] == "ack"
        opened = await customer.owner("agent")
        assert opened["episode"] == 2
        await agent.do("call_back_done", conversation_id=customer.conversation_id)
        await agent.until("queue", lambda frame: frame["call_backs"] == [])


class TestAskedFor:
    """The customer asks to be called back instead of waiting."""

    async def test_leaves_the_queue_and_the_bot_goes_on(self, office: Gateway, clock: FakeClock) -> None:
        async with office.customer(time_zone="Europe/Prague") as customer, office.customer() as next_one:
            await customer.request_agent()
            clock.advance(1)
            await next_one.request_agent()
            assert (await next_one.until("queue"))["position"] == 2
            same = fresh_id()
            await customer.send("call_back", client_message_id=same, contact="+420 777 123 456", note="My parcel")
            ack = await customer.until("ack", lambda f: f["client_message_id"] == same)
            assert (await customer.owner("bot"))["cause"] == "promised"
            line = await customer.said("system")
            assert "today at 13:00" in line["text"]  # it is 11:00 in Prague, and two hours are promised
            assert (await next_one.until("queue"))["position"] == 1
            await customer.send("call_back", client_message_id=same)
            assert await customer.until("ack", lambda f: f["client_message_id"] == same) == ack
            (noted,) = await office.log(customer).kinds("call_back")
            assert noted["call_back"]["contact"] == "+420 777 123 456"
            assert noted["call_back"]["note"] == "My parcel"
            await customer.say("meanwhile?")
            assert (await customer.said("bot"))["text"] == "You said: meanwhile?"

    async def test_late_in_the_day_it_is_promised_for_the_next_morning(self, office: Gateway, clock: FakeClock) -> None:
        clock.move(prague(2026, 3, 2, 16, 0))
        async with office.customer(time_zone="Europe/Prague") as customer:
            await customer.request_agent()
            await customer.send("call_back")
            assert "tomorrow at 10:00" in (await customer.said("system"))["text"]

    async def test_what_is_too_long_is_named(self, office: Gateway) -> None:
        async with office.customer() as customer:
            await customer.send("call_back", contact="x" * 201)
            error = await customer.until("error")
            assert (error["code"], error["message"]) == ("bad_frame", "contact: at most 200 characters")
            await customer.send("call_back", note="x" * 2001)
            assert "note" in (await customer.until("error"))["message"]

    async def test_with_an_agent_there_it_is_refused(self, office: Gateway) -> None:
        async with office.online(), office.customer() as customer:
            await customer.request_agent()
            await customer.owner("agent")
            await customer.send("call_back")
            assert (await customer.until("error"))["code"] == "stale_epoch"

    async def test_leaving_the_queue_leaves_no_promise(self, office: Gateway) -> None:
        async with office.customer() as customer:
            await customer.request_agent()
            await customer.send("leave_queue")
            assert (await customer.owner("bot"))["cause"] == "left_queue"
            assert await office.log(customer).kinds("call_back") == []


async def test_who_still_waits_when_everybody_goes_home_gets_a_promise(office: Gateway, clock: FakeClock) -> None:
    clock.move(prague(2026, 3, 2, 16, 59))
    async with office.customer(time_zone="Europe/Prague") as customer:
        await customer.request_agent()
        await customer.owner("queue")
        clock.move(prague(2026, 3, 2, 17, 0) + timedelta(seconds=181))
        assert (await customer.owner("bot"))["cause"] == "promised"
        lines = await office.log(customer).messages("system")
        assert "tomorrow at 9:00" in lines[-1]


async def test_handing_off_too_often_becomes_a_promise(tmp_path: Path, bot: FakeBot) -> None:
    async with (
        running_gateway(tmp_path, bot_port=bot.port, max_handoffs=2) as gateway,
        gateway.online() as agent,
        gateway.customer() as customer,
    ):
        for _ in range(2):
            await customer.request_agent()
            await customer.owner("agent")
            await agent.do("hand_back", conversation_id=customer.conversation_id)
            await customer.owner("bot")
        await customer.request_agent()
        assert (await customer.owner("bot"))["cause"] == "promised"
        assert len(await gateway.log(customer).kinds("handoff")) == 3
        assert len(await gateway.log(customer).kinds("call_back")) == 1


async def test_06_right_after_a_hand_back_the_same_doubt_does_not_send_it_round_again(
    tmp_path: Path, bot: FakeBot
) -> None:
    clock = FakeClock()
    bot.behave = frustrated
    async with (
        running_gateway(tmp_path, clock=clock, bot_port=bot.port, cooldown_s=30) as gateway,
        gateway.online() as agent,
        gateway.customer() as customer,
    ):
        await customer.say("useless")
        await customer.owner("queue")
        await customer.owner("agent")
        await agent.do("hand_back", conversation_id=customer.conversation_id)
        await customer.owner("bot")
        await customer.say("hm")
        assert "Tak brzy" in (await customer.said("bot"))["text"]
        assert len(await gateway.log(customer).kinds("handoff")) == 1
        clock.advance(31)
        await customer.say("still nothing")
        assert (await customer.owner("queue"))["cause"] == "handed_off"


async def test_asking_for_a_person_counts_even_right_after_a_hand_back(gateway: Gateway) -> None:
    async with gateway.online() as agent, gateway.customer() as customer:
        for _ in range(2):
            await customer.request_agent()
            await customer.owner("agent")
            await agent.do("hand_back", conversation_id=customer.conversation_id)
            await customer.owner("bot")
        assert len(await gateway.log(customer).kinds("handoff")) == 2
