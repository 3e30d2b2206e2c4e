"""The widget of a site that says who its customers are, against the real gateway."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import jwt
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.bot import FakeBot
from tests.support.gateway import Gateway, running_gateway
from tests.web.conftest import bubbles
from tests.web.tabs import Tabs, new_profile

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def real(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with FakeBot() as bot, running_gateway(tmp_path, bot_port=bot.port) as gateway:
        yield gateway


def signed(gateway: Gateway, subject: str, lasts_s: int = 600) -> str:
    secret = (gateway.services.settings.secrets / "identity_secret").read_text().strip()
    return jwt.encode({"sub": subject, "exp": int(time.time()) + lasts_s}, secret, "HS256")


Chats = Callable[[str | None], Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def chat_of(browser: Browser, real: Gateway) -> AsyncIterator[Chats]:
    """Open the shop in a fresh profile and its chat as somebody."""
    async with AsyncExitStack() as profiles:

        async def opened(identity: str | None) -> Page:
            page = await Tabs(await profiles.enter_async_context(new_profile(browser))).open_tab(real.origin)
            await page.evaluate("(identity) => Tandem.identify(() => Promise.resolve(identity))", identity)
            await page.get_by_role("button", name="Chat with us").click()
            return page

        yield opened


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox", name="Your message").fill(text)
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_text([text, f"You said: {text}"])


async def test_who_the_site_names_finds_their_conversation_on_another_device(chat_of: Chats, real: Gateway) -> None:
    phone = await chat_of(signed(real, "shop-7"))
    await say(phone, "Where is my parcel?")
    laptop = await chat_of(signed(real, "shop-7"))
    await expect(bubbles(laptop)).to_have_text(["Where is my parcel?", "You said: Where is my parcel?"])
    stranger = await chat_of(None)
    await say(stranger, "Hello")


async def test_after_the_sign_out_the_browser_shows_nothing_of_theirs(chat_of: Chats, real: Gateway) -> None:
    page = await chat_of(signed(real, "shop-7"))
    await say(page, "My secret")
    await page.evaluate("Tandem.identify(null)")
    await expect(bubbles(page)).to_have_count(0)
    await say(page, "Somebody else here")
    await page.evaluate("(identity) => Tandem.identify(identity)", signed(real, "shop-7"))
    await expect(bubbles(page)).to_have_text(["My secret", "You said: My secret"])


async def test_a_page_open_for_longer_than_its_identity_goes_on(chat_of: Chats, real: Gateway) -> None:
    page = await chat_of(signed(real, "shop-7"))
    await say(page, "Still here")
    await page.evaluate("(identity) => Tandem.identify(identity)", signed(real, "shop-7", lasts_s=-3600))
    await page.get_by_role("textbox", name="Your message").fill("And now?")
    await page.keyboard.press("Enter")
    await expect(bubbles(page)).to_have_text(["Still here", "You said: Still here", "And now?", "You said: And now?"])
