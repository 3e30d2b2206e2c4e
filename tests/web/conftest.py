"""One browser for all page tests; for each test an empty profile, and the gateway its pages are of."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright

from tests.support.both import gateway_and_knowledge_base
from tests.support.pages import launch
from tests.web.editing import Editing
from tests.web.fake_gateway import FakeGateway
from tests.web.fake_pages import PASSWORD
from tests.web.tabs import Tabs, new_profile


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def gateway() -> AsyncIterator[FakeGateway]:
    """A gateway with nobody in it; heartbeats slow enough not to matter."""
    async with FakeGateway() as running:
        yield running


class Pages(Tabs):
    """Pages of the fake gateway."""

    def __init__(self, context: BrowserContext, gateway: FakeGateway) -> None:
        super().__init__(context)
        self.gateway = gateway

    async def open(self, path: str = "/") -> Page:
        """Open a page of the gateway."""
        return await self.open_tab(self.gateway.origin + path)

    async def chat(self, path: str = "/") -> Page:
        """Open a page and its chat, greeted by the gateway."""
        page = await self.open(path)
        greeted = len(self.gateway.sockets)
        await page.locator("button.launcher").click()
        await self.gateway.connected(greeted + 1)
        return page

    async def desk(self) -> Page:
        """Open the desk, signed in and greeted."""
        page = await self.open("/desk")
        await page.get_by_role("group", name="Your presence").wait_for()
        await self.gateway.connected()
        return page


@pytest_asyncio.fixture(loop_scope="session")
async def pages(browser: Browser, gateway: FakeGateway) -> AsyncIterator[Pages]:
    """Pages in a fresh profile."""
    async with new_profile(browser) as context:
        opened = Pages(context, gateway)
        yield opened
    assert opened.surprises() == []


@pytest_asyncio.fixture(loop_scope="session")
async def editing(browser: Browser, tmp_path: Path) -> AsyncIterator[Editing]:
    """The editor's page in a fresh profile, with a few articles behind it."""
    async with gateway_and_knowledge_base(tmp_path) as (real_gateway, base):
        async with new_profile(browser) as context:
            opened = Editing(context, real_gateway, base)
            yield opened
        assert opened.surprises() == []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def blank(browser: Browser) -> AsyncIterator[Page]:
    """One almost empty page for all tests of logic: modules are imported into it, nothing is left behind."""
    async with FakeGateway() as running:
        page = await browser.new_page()
        await page.goto(running.origin + "/blank")
        yield page
        await page.close()


def bubbles(page: Page) -> Locator:
    """Return what has been said in the chat, as shown: one element for each message."""
    return page.locator(".messages .bubble")


async def come_back(page: Page, gateway: FakeGateway) -> None:
    """Let the gateway be there again, and tell the page that the network is, so that no pause has to be sat out."""
    gateway.down = False
    await page.evaluate("dispatchEvent(new Event('online'))")


async def sign_in(page: Page, password: str = PASSWORD) -> None:
    """Fill in the desk's form."""
    await page.get_by_label("Email").fill("agent@localhost")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
