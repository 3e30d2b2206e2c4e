"""A customer and an agent side by side, each in a real browser, on the whole running system."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.conftest import Running
from tests.support.pages import CustomerPage, DeskPage, launch


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        yield chromium
        await chromium.close()


async def test_from_a_question_to_a_person_and_back(running: Running, browser: Browser) -> None:
    shop = CustomerPage(await (await browser.new_context()).new_page())
    desk = DeskPage(await (await browser.new_context()).new_page())

    # A routine question gets an answer with its source, and the source can be read.
    await shop.open(running.http)
    await shop.say("How can I send something back?")
    answer = shop.said_by("bot").first
    await expect(answer).to_be_visible()
    source = answer.get_by_role("link").first
    address = await source.get_attribute("href")
    assert address is not None
    assert "/help/" in address
    article = await browser.new_page()
    await article.goto(address if "://" in address else running.http + address)
    await expect(article.get_by_role("heading", level=1)).to_be_visible()

    # Asking for a person brings one who sees everything.
    await shop.say("I want a human")
    await expect(shop.log.locator(".handoff")).to_have_count(1)
    await desk.sign_in(running.http, "agent@localhost", running.system.admin_password())
    await desk.open_containing("human")
    await expect(desk.talk.get_by_text("How can I send something back?").first).to_be_visible()
    await expect(desk.talk.get_by_label("Handoff")).to_be_visible()
    await desk.press("Claim")
    await desk.reply("Hello, this is a person. What is it about?")
    await expect(shop.said_by("agent").first).to_contain_text("this is a person")
    await shop.say("My tent, order 4711 🏕")
    await expect(desk.talk.get_by_text("My tent, order 4711 🏕")).to_be_visible()

    # A reload on either side keeps all, once and in order.
    await expect(shop.log.locator(".pending")).to_have_count(0)
    before = await shop.texts()
    await shop.page.reload()
    await expect(shop.said_by("agent").first).to_contain_text("this is a person")
    await expect(shop.log.get_by_text("My tent, order 4711 🏕")).to_have_count(1)
    await expect(shop.lines).to_have_text(before, use_inner_text=True)
    await desk.page.reload()
    await desk.open_containing("My tent")
    await desk.reply("Found it.")
    await expect(shop.said_by("agent").last).to_contain_text("Found it.")

    # Closing ends the episode for both.
    await desk.press("Close")
    await expect(shop.log.get_by_text("The conversation has ended")).to_be_visible()

    # And the next word starts anew, with the bot.
    await shop.say("When are you open?")
    await expect(shop.said_by("bot").last).to_be_visible()
    await expect(shop.log.locator(".handoff")).to_have_count(1)
