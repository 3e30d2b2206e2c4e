"""Nobody is there, as customers see it; set away, as the agent sees it; what was masked, as a supervisor sees it."""

import pytest
from playwright.async_api import expect

from tests.web.conftest import Pages
from tests.web.fake_gateway import FakeGateway
from tests.web.fake_pages import AGENT

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = {"type": "attendance", "attended": False, "opens_at": None}


async def test_19_the_widget_says_at_once_that_nobody_is_there(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.received("hello")
    await gateway.hand_off(gateway.conversation)
    place = page.get_by_role("status").filter(has_text="You are next")
    await expect(place).to_be_visible()
    await gateway.deliver_to_customers(NOBODY)
    await expect(page.locator(".bar .place")).to_contain_text("Nobody is here right now. You keep your place")
    await expect(page.locator(".head .line")).to_have_text("Nobody is here right now")
    await expect(page.get_by_role("button", name="Call me back")).to_be_visible()
    await gateway.deliver_to_customers({**NOBODY, "opens_at": "2031-03-04T09:00:00.000000Z"})
    await expect(page.locator(".bar .place")).to_contain_text("open again on Tuesday, 4 March 2031")
    await gateway.deliver_to_customers({**NOBODY, "attended": True})
    await expect(page.locator(".bar .place")).to_contain_text("You are next")
    await expect(page.locator(".head .line")).to_be_empty()


async def test_19_who_leaves_the_queue_is_not_told_any_more(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.received("hello")
    await gateway.deliver_to_customers(NOBODY)  # comes before the place in the queue
    await gateway.hand_off(gateway.conversation)
    await expect(page.locator(".head .line")).to_have_text("Nobody is here right now")
    await page.get_by_role("button", name="Leave the queue").click()
    await expect(page.locator(".head .line")).to_have_text("Usually answers at once")
    await gateway.hand_off(gateway.conversation)
    await expect(page.locator(".bar .place")).to_contain_text("You are next")


async def test_a_silent_agent_is_told_why_and_comes_back_with_one_press(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    await page.get_by_role("button", name="Online").click()
    await gateway.received("presence")
    await gateway.deliver_to_desks({"type": "presence", "state": "away", "cause": "silent", "missed": 2})
    await expect(page.get_by_role("button", name="Away")).to_have_attribute("aria-pressed", "true")
    notice = page.get_by_role("alert").filter(has_text="2 conversations in a row got no first reply from you")
    await expect(notice).to_be_visible()
    await page.get_by_role("button", name="I am back").click()
    await expect(notice).to_be_hidden()
    await expect(page.get_by_role("button", name="Online")).to_have_attribute("aria-pressed", "true")


async def test_a_supervisor_reveals_what_was_masked_once_and_knowingly(
    pages: Pages, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AGENT, "roles", ["supervisor"])
    pages.expect("404 (Not Found)")  # the second look
    page = await pages.desk()
    talk = gateway.start_conversation()
    await gateway.customer_says("hello", talk)
    await gateway.hand_off(talk)
    await gateway.append(talk, "message", message={"role": "customer", "text": "My card is ****", "masked": True})
    await page.locator("button.card").click()
    await page.get_by_role("button", name="Show it once").click()
    await expect(page.get_by_role("button", name="Show it and write it down")).to_be_focused()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("button", name="Show it once")).to_be_focused()
    await page.keyboard.press("Enter")
    seq = await page.locator(".turn:has(.masked)").get_attribute("data-seq")
    gateway.site.revealed[str(seq)] = "My card is 4111 1111 1111 1111"
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("4111 1111 1111 1111")).to_be_visible()
    await expect(page.get_by_text("Shown once, and written into the audit log")).to_be_visible()
    await page.reload()
    await page.locator("button.card").click()
    await page.get_by_role("button", name="Show it once").click()
    await page.get_by_role("button", name="Show it and write it down").click()
    await expect(page.get_by_text("It has been shown before, or is too old")).to_be_visible()


async def test_an_agent_only_sees_that_something_was_masked(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.desk()
    talk = gateway.start_conversation()
    await gateway.hand_off(talk)
    await gateway.append(talk, "message", message={"role": "customer", "text": "My card is ****", "masked": True})
    await page.locator("button.card").click()
    await expect(page.get_by_text("A number or a secret was masked.")).to_be_visible()
    await expect(page.get_by_role("button", name="Show it once")).to_have_count(0)
