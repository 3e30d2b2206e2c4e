"""What helps an agent to answer: the articles beside the conversation, and the way of an answer to the editors."""

import pytest
from playwright.async_api import expect

from tests.web.conftest import Pages
from tests.web.fake_gateway import FakeGateway
from tests.web.test_desk import ME, mine, row

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIT = {
    "article_id": "return-an-item",
    "title": "Return <b>an item</b>",
    "url": "/help/return-an-item",
    "language": "en",
    "passage": "You have 30 days.",
}


async def test_articles_are_asked_with_the_customers_words(pages: Pages, gateway: FakeGateway) -> None:
    gateway.site.knowledge["search"] = {"hits": [HIT], "confidence": 0.9, "answerable": True}
    await mine(gateway, "Can I send\nmy boots back?")
    page = await pages.desk()
    await row(page, "boots").click()
    field = page.get_by_label("Search the articles")
    await expect(field).to_have_value("Can I send my boots back?")
    await page.get_by_role("button", name="Search", exact=True).click()
    hit = page.locator(".hit")
    await expect(hit.get_by_role("link", name="Return <b>an item</b>")).to_have_attribute(
        "href", f"{gateway.origin}/help/return-an-item"
    )
    assert gateway.site.asked == [("search", {"query": "Can I send my boots back?", "limit": 4, "language": "en"})]

    reply = page.get_by_label("Reply to the customer")
    await reply.fill("Hello!")
    await hit.get_by_role("button", name="Insert text").click()
    await expect(reply).to_have_value("Hello!\nYou have 30 days.")
    await expect(reply).to_be_focused()
    await hit.get_by_role("button", name="Insert link").click()
    await expect(reply).to_have_value(f"Hello!\nYou have 30 days.\n{gateway.origin}/help/return-an-item")


async def test_what_the_agent_typed_is_not_overwritten(pages: Pages, gateway: FakeGateway) -> None:
    gateway.site.knowledge["search"] = {"hits": [], "confidence": 0, "answerable": False}
    await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    field = page.get_by_label("Search the articles")
    await expect(field).to_have_value("help")
    await gateway.customer_says("my tent is torn")
    await expect(field).to_have_value("my tent is torn")
    await field.fill("repair prices")
    await gateway.customer_says("are you there?")
    await expect(page.get_by_role("log")).to_contain_text("are you there?")
    await expect(field).to_have_value("repair prices")
    await field.press("Enter")
    await expect(page.get_by_text("No article fits.")).to_be_visible()


async def test_a_knowledge_base_that_is_down_is_said(pages: Pages, gateway: FakeGateway) -> None:
    pages.expect("503", "could not be searched")
    await mine(gateway, "help")
    page = await pages.desk()
    await row(page, "help").click()
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.get_by_text("The articles cannot be searched now: it is down")).to_be_visible()


async def test_an_answer_is_proposed_as_an_article(pages: Pages, gateway: FakeGateway) -> None:
    gateway.site.knowledge["proposals"] = {"proposal": {"id": 1}, "duplicate_of": None}
    talk = await mine(gateway, "Do you rent kayaks?")
    await gateway.agent_says("Yes, at the lake.", name=ME["name"])
    await gateway.agent_says("I have the same name.", name=ME["name"], agent_id="agent-2")
    page = await pages.desk()
    await row(page, "same name").click()
    await expect(page.get_by_text("I have the same name.", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Propose as article").click()  # strict: one's own alone has it
    await expect(page.get_by_text("Proposed to the editors")).to_be_visible()
    proposal = {"question": "Do you rent kayaks?", "answer": "Yes, at the lake.", "conversation_id": talk.id}
    assert gateway.site.asked == [("proposals", proposal)]


async def test_a_proposal_whose_answer_breaks_off_can_be_made_again(pages: Pages, gateway: FakeGateway) -> None:
    pages.expect("could not be proposed")
    gateway.site.knowledge["proposals"] = {"proposal": {"id": 1}, "duplicate_of": None}
    await mine(gateway, "Do you rent kayaks?")
    await gateway.agent_says("Yes, at the lake.", name=ME["name"])
    page = await pages.desk()
    await page.route("**/knowledge/v1/proposals", lambda route: route.fulfill(status=201, body='{"pro'), times=1)
    await row(page, "lake").click()
    await page.get_by_role("button", name="Propose as article").click()
    await page.get_by_role("button", name="Not proposed. Try again").click()
    await expect(page.get_by_text("Proposed to the editors")).to_be_visible()
