"""The desk on a bad network: an agent never answers blind, and never twice."""

import pytest
from playwright.async_api import expect

from tests.web.conftest import Pages, come_back
from tests.web.fake_gateway import FakeGateway
from tests.web.test_desk import mine, reply, row, turns

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_no_blind_answer_after_a_reconnect(pages: Pages, gateway: FakeGateway) -> None:
    """Complaint 1: what colleagues wrote meanwhile appears without a reload, and sending waits for it."""
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await expect(turns(page)).to_have_text(["help"])
    gateway.down = True
    await gateway.drop()
    await expect(page.get_by_text("No connection to the gateway")).to_be_visible()
    await page.get_by_label("Reply to the customer").fill("I would say it twice")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await gateway.agent_says("A colleague has answered", talk, name="Petr")
    await gateway.customer_says("thanks", talk)
    gateway.replay_gate.clear()
    await come_back(page, gateway)
    await expect(page.get_by_text("Catching up: sending waits until you see everything.")).to_be_visible()
    await page.get_by_label("Reply to the customer").press("Control+Enter")
    assert gateway.sent("send") == []
    gateway.replay_gate.set()
    await expect(turns(page)).to_have_text(["help", "A colleague has answered", "thanks"])
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()
    await expect(page.get_by_label("Reply to the customer")).to_have_value("I would say it twice")


async def test_a_conversation_not_on_screen_catches_up_too(pages: Pages, gateway: FakeGateway) -> None:
    first, second = await mine(gateway, "first"), await mine(gateway, "second")
    page = await pages.desk()
    await row(page, "first").click()
    await row(page, "second").click()
    await expect(turns(page)).to_have_text(["second"])
    gateway.down = True
    await gateway.drop()
    await gateway.customer_says("missed", first)
    await come_back(page, gateway)
    await expect(row(page, "missed")).to_contain_text("New")
    await row(page, "missed").click()
    await expect(turns(page)).to_have_text(["first", "missed"])
    assert second.log[-1]["kind"] == "owner"


async def test_a_conversation_lost_while_away_is_not_held_any_more(pages: Pages, gateway: FakeGateway) -> None:
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await expect(turns(page)).to_have_text(["help"])
    gateway.down = True
    await gateway.drop()
    await gateway.own(talk, "agent", agent={"id": "agent-2", "name": "Petr"}, cause="transferred")
    await come_back(page, gateway)
    await expect(page.get_by_text("With Petr")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await expect(page.get_by_text("You have no conversation.")).to_be_visible()


async def test_doubles_and_holes(pages: Pages, gateway: FakeGateway) -> None:
    talk = await mine(gateway, "one")
    page = await pages.desk()
    await row(page, "one").click()
    await expect(turns(page)).to_have_text(["one"])
    kept, gateway.sockets[:] = [*gateway.sockets], []
    await gateway.customer_says("two", talk)
    gateway.sockets[:] = kept
    event = await gateway.customer_says("three", talk)
    await gateway.deliver_raw({"type": "event", "conversation_id": talk.id, "event": event})
    await expect(turns(page)).to_have_text(["one", "two", "three"])


async def test_a_reply_without_an_ack_is_repeated_and_stored_once(pages: Pages, gateway: FakeGateway) -> None:
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    gateway.withhold_acks = True
    await reply(page, "only once")
    await gateway.received("send")
    gateway.withhold_acks = False
    await gateway.drop()
    await gateway.connected()
    await expect(turns(page)).to_have_text(["help", "only once"])
    await expect(page.locator(".pending")).to_have_count(0)
    said = [event["message"]["text"] for event in talk.log if event["kind"] == "message"]
    assert said == ["help", "only once"]


async def test_a_refused_reply_is_marked_and_tried_again_once(pages: Pages, gateway: FakeGateway) -> None:
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    gateway.refuse["send"] = "stale_epoch"
    await reply(page, "too late?")
    await expect(page.get_by_text("The conversation has changed hands meanwhile.")).to_be_visible()
    gateway.refuse.clear()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.locator(".pending")).to_have_count(0)
    assert len({frame["client_message_id"] for frame in gateway.sent("send")}) == 1
    assert [event["kind"] for event in talk.log].count("message") == 2


async def test_a_command_without_an_answer_says_so(pages: Pages, gateway: FakeGateway) -> None:
    gateway.heartbeat_s = 0.4
    await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await expect(turns(page)).to_have_text(["help"])
    gateway.freeze()
    await page.get_by_role("button", name="Hand back to bot").click()
    await expect(page.get_by_role("alert").filter(has_text="No answer from the gateway")).to_be_visible()


async def test_a_half_open_socket_is_noticed_by_its_silence(pages: Pages, gateway: FakeGateway) -> None:
    gateway.heartbeat_s = 0.25
    talk = await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await expect(turns(page)).to_have_text(["help"])
    gateway.freeze()
    await gateway.customer_says("hello?", talk)
    await gateway.connected()
    await expect(turns(page)).to_have_text(["help", "hello?"])
