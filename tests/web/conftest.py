"""One browser for all page tests, one fake gateway and one empty browser profile for each.

Any error a page throws or logs fails its test, unless the test says it expects it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, async_playwright

from tests.web.fake_gateway import FakeGateway
from tests.web.fake_pages import PASSWORD

SYSTEM_CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM = SYSTEM_CHROMIUM if SYSTEM_CHROMIUM.exists() else None  # else the one Playwright brings
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Everything a page waits for here is on this machine: more than this is a fault, not slowness.
DEADLINE_MS = 10_000


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def gateway() -> AsyncIterator[FakeGateway]:
    """A gateway with nobody in it; heartbeats slow enough not to matter."""
    async with FakeGateway() as running:
        yield running


@dataclass
class Pages:
    """Opens pages in one browser profile and remembers what they complained about."""

    gateway: FakeGateway
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    async def open(self, path: str = "/") -> Page:
        """Open a page of the gateway."""
        page = await self.context.new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        await page.goto(self.gateway.origin + path)
        return page

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

    def expect(self, *parts: str) -> None:
        """Say that complaints containing one of these are part of the test."""
        self.expected.extend(parts)

    def surprises(self) -> list[str]:
        """Return complaints nobody expected."""
        return [text for text in self.complaints if not any(part in text for part in self.expected)]

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest_asyncio.fixture(loop_scope="session")
async def pages(browser: Browser, gateway: FakeGateway) -> AsyncIterator[Pages]:
    """Pages in a fresh profile of 1280 × 800."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", reduced_motion="reduce"
    )
    opened = Pages(gateway, context)
    yield opened
    await context.close()
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
