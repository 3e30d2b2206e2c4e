"""From an editor's click to a customer's answer, on the whole running system."""

import time
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.acceptance import first_article
from tests.e2e.conftest import Running
from tests.support.pages import EditorPage, launch
from tests.support.wire import Customer, is_bot_message

LIVE_S = 1.0  # from the click to the customer's answer, the customer's own turn included
TITLE = "Rent a kayak"
QUESTION = "Can I hire a kayak for a weekend?"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        yield chromium
        await chromium.close()


async def asked(customer: Customer) -> tuple[str | None, str]:
    """What a customer's question brings: the article it is answered from, and what the bot says."""
    turn = await customer.ask(QUESTION)
    said = " ".join(event["message"]["text"] for event in turn if is_bot_message(event))
    return first_article(turn), said


async def test_an_editors_click_is_in_the_next_answer(running: Running, browser: Browser) -> None:
    editor = EditorPage(await (await browser.new_context()).new_page())
    await editor.sign_in(running.http, "editor@localhost", running.system.admin_password())
    await editor.go("articles/new")
    await editor.write(title=TITLE, text="A kayak costs **30 euros** a day.", questions=QUESTION)
    await expect(editor.preview.locator("strong")).to_have_text("30 euros")
    await editor.save()
    article_id = editor.page.url.rpartition("/")[2]
    async with Customer(running.ws) as customer:
        assert (await asked(customer))[0] != article_id, "a draft answers nobody"

    took: list[float] = []
    try:
        for price, change in (("30", editor.publish), ("35", editor.publish), ("30", editor.go_back_to_first)):
            if price == "35":
                await editor.write(text="A kayak costs **35 euros** a day.")
            async with Customer(running.ws) as customer:
                began = await change()
                found, said = await asked(customer)
                took.append(time.monotonic() - began)
                assert (found, f"{price} euros" in said) == (article_id, True), said
    finally:
        headers = {"Authorization": f"Bearer {running.sign_in('editor@localhost')}"}
        address = f"{running.http}/knowledge/v1/articles/{article_id}"  # the tests to come know the shop without it
        async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:
            (await client.delete(address)).raise_for_status()
    assert min(took) <= LIVE_S, f"the fastest of three, since other tests' work runs beside it: {took}"
