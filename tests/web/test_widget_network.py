"""The widget on a bad network: nothing lost, nothing twice, nothing out of order, and the customer is told."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import Pages, bubbles, come_back
from tests.web.fake_gateway import FakeGateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def say(page: Page, text: str) -> None:
    """Write and send as a customer."""
    field = page.get_by_role("textbox", name="Your message")
    await field.fill(text)
    await field.press("Enter")


async def test_a_reload_keeps_everything(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await say(page, "one")
    await gateway.received("send")
    await gateway.bot_says("two")
    await page.get_by_role("textbox").fill("half a thou")
    await page.reload()
    await expect(bubbles(page)).to_have_text(["one", "two"])  # it was open, so it is open again
    await expect(page.get_by_role("textbox")).to_have_value("half a thou")
    hello = await gateway.received("hello", 2)
    assert hello["token"] == gateway.conversation.token
    assert len(gateway.conversations) == 1


async def test_a_reconnect_replays_what_was_missed(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.bot_says("one")
    await expect(bubbles(page)).to_have_text(["one"])
    gateway.down = True
    await gateway.drop()
    await expect(page.get_by_text("No connection")).to_be_visible()
    await gateway.bot_says("two")
    await gateway.agent_says("three")
    await come_back(page, gateway)
    await expect(bubbles(page)).to_have_text(["one", "two", "three"])
    await expect(page.get_by_text("No connection")).to_be_hidden()
    assert gateway.sent("hello")[-1]["after_seq"] == 1


async def test_a_failing_resync_is_shown_and_tried_again(pages: Pages, gateway: FakeGateway) -> None:
    """Complaint 2: the first answers are 500; there is a banner, and the messages come without a hand being lifted."""
    pages.expect("500", "could not connect")
    gateway.site.config_failures = 1_000  # until the banner has been seen, however slow the browser
    talk = gateway.start_conversation()
    await gateway.bot_says("waiting for you", talk)
    page = await pages.open("/blank")
    await page.evaluate(
        "(key) => localStorage.setItem(key, JSON.stringify('token-1'))", f"tandem:{gateway.origin}/:token"
    )
    await page.goto(gateway.origin + "/")
    await page.locator("button.launcher").click()
    await expect(page.get_by_text("No connection")).to_be_visible()
    gateway.site.config_failures = 0
    await expect(bubbles(page)).to_have_text(["waiting for you"])
    await expect(page.get_by_text("No connection")).to_be_hidden()


async def test_a_half_open_socket_is_noticed_by_its_silence(pages: Pages, gateway: FakeGateway) -> None:
    """Complaint 3: no FIN, sends seem to work, nothing comes. Two missed heartbeats and it reconnects and replays."""
    gateway.heartbeat_s = 0.25
    page = await pages.chat()
    await gateway.bot_says("one")
    await expect(bubbles(page)).to_have_text(["one"])
    gateway.freeze()
    await gateway.bot_says("two")
    await gateway.connected()
    await expect(bubbles(page)).to_have_text(["one", "two"])


async def test_doubled_events_are_shown_once(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    event = await gateway.bot_says("once")
    for _ in range(3):
        await gateway.deliver_raw({"type": "event", "conversation_id": gateway.conversation.id, "event": event})
    await gateway.bot_says("last")
    await expect(bubbles(page)).to_have_text(["once", "last"])


async def test_a_hole_is_asked_for_and_filled_in_order(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.bot_says("one")
    await expect(bubbles(page)).to_have_text(["one"])
    talk = gateway.conversation
    unseen, gateway.sockets[:] = [*gateway.sockets], []
    await gateway.bot_says("two")
    gateway.sockets[:] = unseen
    await gateway.bot_says("three")
    await expect(bubbles(page)).to_have_text(["one", "two", "three"])
    assert gateway.sent("hello")[-1]["after_seq"] == 1
    assert len(talk.log) == 3


async def test_a_send_without_an_ack_is_repeated_and_stored_once(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    gateway.withhold_acks = True
    await say(page, "only once")
    first = await gateway.received("send")
    gateway.withhold_acks = False
    await gateway.drop()
    await gateway.connected()
    await expect(bubbles(page)).to_have_text(["only once"])
    await gateway.bot_says("yes")
    await expect(bubbles(page)).to_have_text(["only once", "yes"])
    assert {frame["client_message_id"] for frame in gateway.sent("send")} == {first["client_message_id"]}
    assert [event["message"]["text"] for event in gateway.conversation.log] == ["only once", "yes"]


async def test_what_is_written_offline_arrives_after_a_reload_in_order(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    gateway.down = True
    await gateway.drop()
    for text in ("a", "b", "c"):
        await say(page, text)
    await expect(page.locator(".pending")).to_have_count(3)
    await page.reload()
    await expect(page.locator(".pending .bubble")).to_have_text(["a", "b", "c"])
    await come_back(page, gateway)
    await gateway.received("send", 3)
    await expect(page.locator(".pending")).to_have_count(0)
    assert [event["message"]["text"] for event in gateway.conversation.log] == ["a", "b", "c"]


async def test_a_refused_message_is_marked_and_sent_by_one_press_with_its_own_id(
    pages: Pages, gateway: FakeGateway
) -> None:
    page = await pages.chat()
    gateway.refuse["send"] = "forbidden"
    await say(page, "hello")
    await expect(page.get_by_text("Not sent")).to_be_visible()
    gateway.refuse.clear()
    await page.get_by_role("button", name="Try again").click()
    await gateway.received("send", 2)
    await expect(page.locator(".pending")).to_have_count(0)
    await expect(bubbles(page)).to_have_text(["hello"])
    assert len({frame["client_message_id"] for frame in gateway.sent("send")}) == 1
    assert len(gateway.conversation.log) == 1


async def test_a_token_nobody_knows_is_dropped_and_the_words_are_kept(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.bot_says("old")
    await expect(bubbles(page)).to_have_text(["old"])
    gateway.down = True
    await gateway.drop()
    await say(page, "still here?")
    gateway.conversations.clear()
    await come_back(page, gateway)
    await gateway.received("send")
    await expect(bubbles(page)).to_have_text(["still here?"])
    assert "token" not in gateway.sent("hello")[-1]
    await page.reload()
    await expect(bubbles(page)).to_have_text(["still here?"])


async def test_two_tabs_are_one_customer(pages: Pages, gateway: FakeGateway) -> None:
    """Complaint 16: opened in the same moment, before either has a token, they still share one conversation."""
    first, second = await pages.open(), await pages.open()
    await asyncio.gather(first.locator("button.launcher").click(), second.locator("button.launcher").click())
    await gateway.connected(2)
    assert len(gateway.conversations) == 1
    await say(first, "from the first")
    await say(second, "from the second")
    await gateway.received("send", 2)
    for page in (first, second):
        await expect(bubbles(page)).to_have_count(2)
    assert len(gateway.conversation.log) == 2


async def test_waiting_goes_on_over_a_change_of_page(pages: Pages, gateway: FakeGateway) -> None:
    """Somebody who waits for a person and closes the panel is told on the next page when the person writes."""
    page = await pages.chat()
    await gateway.hand_off()
    await page.get_by_role("button", name="Leave the queue").wait_for()
    await page.get_by_role("button", name="Close the chat").first.click()
    await page.goto(gateway.origin + "/help/return-an-item")
    await gateway.received("hello", 2)
    await gateway.own(gateway.conversation, "agent", agent={"id": "agent-1", "name": "Ona"}, cause="claimed")
    await gateway.agent_says("Hello, I am here")
    await expect(page.get_by_role("button", name="Chat with us, 1 unread")).to_be_visible()


async def test_a_gateway_without_its_scripts_can_be_tried_again(pages: Pages, gateway: FakeGateway) -> None:
    pages.expect("ERR_FAILED", "could not be loaded")
    page = await pages.open()
    await page.route("**/widget/js/main.js*", lambda route: route.abort())
    await page.locator("button.launcher").click()
    failed = page.get_by_role("button", name="could not be loaded")
    await failed.wait_for()
    await page.unroute("**/widget/js/main.js*")
    await failed.click()
    await page.get_by_role("dialog", name="Chat").wait_for()


async def test_unknown_frames_and_broken_ones_do_no_harm(pages: Pages, gateway: FakeGateway) -> None:
    pages.expect("frame is not JSON")
    page = await pages.chat()
    await gateway.deliver_raw({"type": "surprise", "x": 1})
    await gateway.deliver_raw({"type": "event", "conversation_id": "another", "event": {"seq": 1, "kind": "message"}})
    await gateway.sockets[0].connection.send("not json")
    await gateway.append(None, "something_new", data=1)
    await gateway.bot_says("fine")
    await expect(bubbles(page)).to_have_text(["fine"])
