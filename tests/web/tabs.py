"""Tabs of one browser profile. Any error a page throws or logs fails its test, unless the test says it expects it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

# Everything a page waits for here is on this machine: more than this is a fault, not slowness.
DEADLINE_MS = 30_000


@dataclass
class Tabs:
    """Opens pages in one browser profile and remembers what they complained about."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    async def open_tab(self, address: str) -> Page:
        """Open an address in a new tab."""
        page = await self.context.new_page()
        page.set_default_timeout(DEADLINE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._heard)
        await page.goto(address)
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


@asynccontextmanager
async def new_profile(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Open a fresh profile of 1280 × 800, in London in winter wherever the machine is; close its tabs at the end."""
    context = await browser.new_context(
        viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
    )
    try:
        yield context
    finally:
        await context.close()
