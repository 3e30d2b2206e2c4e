"""The pages as people use them: a customer in the widget, an agent at the desk, an editor among the articles."""

import io
import time
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Locator, Page, Playwright, expect

from scripts.setup import find_browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
COLOURS = 192  # of a picture: a third of the bytes, and no difference to be seen on flat pages
PATIENCE_MS = 45_000  # a turn of the bot on a busy machine
DIFFERENCE_MS = 60_000  # the known questions are asked for up to 20 s before a publish, and gathered first


async def launch(playwright: Playwright) -> Browser:
    """Start the machine's Chromium without a window, and let whatever is expected of a page take its time."""
    expect.set_options(timeout=PATIENCE_MS)
    return await playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)


class CustomerPage:
    """The demo shop with its chat."""

    def __init__(self, page: Page) -> None:
        """Wrap a page that shows the shop."""
        page.set_default_timeout(PATIENCE_MS)
        self.page = page
        self.chat = page.get_by_role("dialog", name="Chat")
        self.log = self.chat.get_by_role("log")

    async def open(self, address: str) -> None:
        """Go to the shop and open the chat."""
        await self.page.goto(address)
        await self.page.get_by_role("button", name="Chat with us").click()
        await expect(self.chat).to_be_visible()

    async def say(self, text: str) -> None:
        """Write a message and send it."""
        await self.chat.get_by_label("Your message").fill(text)
        await self.chat.get_by_role("button", name="Send").click()

    def said_by(self, role: str) -> Locator:
        """The messages of the customer, the bot or the agent."""
        return self.log.locator(f".row.{role}")

    @property
    def lines(self) -> Locator:
        """Everything in the log, line by line."""
        return self.log.locator(":scope .row, :scope .line")

    async def texts(self) -> list[str]:
        """What `lines` say at this moment."""
        return await self.lines.all_inner_texts()


class DeskPage:
    """The desk of a signed-in agent."""

    def __init__(self, page: Page) -> None:
        """Wrap a page that will show the desk."""
        page.set_default_timeout(PATIENCE_MS)
        self.page = page
        self.queue = page.get_by_role("navigation", name="Conversations")
        self.talk = page.get_by_role("main", name="Conversation")

    async def sign_in(self, address: str, email: str, password: str) -> None:
        """Go to the desk and sign in."""
        await self.page.goto(f"{address}/desk")
        await self.page.get_by_label("Email").fill(email)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        await expect(self.queue).to_be_visible()

    async def open_containing(self, text: str) -> None:
        """Open the conversation whose card shows some text."""
        await self.queue.get_by_role("button").filter(has_text=text).first.click()
        await expect(self.talk).to_be_visible()

    async def press(self, command: str) -> None:
        """Press one of the conversation's commands."""
        await self.talk.get_by_role("button", name=command, exact=True).click()

    async def reply(self, text: str) -> None:
        """Answer the customer."""
        await self.talk.get_by_label("Reply to the customer").fill(text)
        await self.talk.get_by_role("button", name="Send").click()


class EditorPage:
    """The editor's page of a signed-in editor."""

    def __init__(self, page: Page) -> None:
        """Wrap a page that will show the editor."""
        page.set_default_timeout(PATIENCE_MS)
        self.page = page
        self.preview = page.get_by_role("region", name="Preview")
        self.dialog = page.get_by_role("dialog")

    async def sign_in(self, address: str, email: str, password: str) -> None:
        """Go to the editor and sign in."""
        await self.page.goto(f"{address}/editor")
        await self.page.get_by_label("Email").fill(email)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()
        await expect(self.page.get_by_role("heading", name="Articles")).to_be_visible()

    async def go(self, place: str) -> None:
        """Go to a place of the editor, such as `gaps`, and wait for what it shows."""
        await self.page.goto(f"{self.page.url.partition('#')[0]}#/{place}")
        await expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        await filled(self.page)

    async def open(self, title: str) -> None:
        """Open the article of this title, and wait for its preview."""
        await self.page.get_by_label("Title").fill(title)
        await self.page.get_by_role("link", name=title).first.click()
        await expect(self.page.get_by_label("Title")).to_have_value(title)
        await expect(self.preview.locator("p").last).to_be_visible()

    async def press(self, command: str) -> None:
        """Press one of the article's commands."""
        await self.page.get_by_role("button", name=command, exact=True).click()

    async def write(self, *, title: str | None = None, text: str | None = None, questions: str | None = None) -> None:
        """Fill in what is given."""
        for label, value in (("Title", title), ("Text", text), ("Other ways to ask", questions)):
            if value is not None:
                await self.page.get_by_label(label, exact=True).fill(value)

    async def save(self) -> None:
        """Save a draft."""
        await self.press("Save draft")
        await expect(self.page.get_by_text("Saved as version")).to_be_visible()

    async def publish(self) -> float:
        """Publish; returns the moment of the last click, on the monotonic clock."""
        await self.press("Publish…")
        return await self._confirm("Publish", "Live, in generation")

    async def go_back_to_first(self) -> float:
        """Go back to version 1; returns the moment of the last click, on the monotonic clock."""
        await self.page.get_by_text("Versions", exact=True).click()
        await self.press("Go back to version 1")
        return await self._confirm("Go back", "has the text of version 1")

    async def _confirm(self, command: str, then: str) -> float:
        button = self.dialog.get_by_role("button", name=command, exact=True)
        await button.wait_for(timeout=DIFFERENCE_MS)
        began = time.monotonic()
        await button.click()
        await expect(self.page.get_by_text(then)).to_be_visible()
        return began


async def filled(page: Page) -> None:
    """Wait until a place of the editor shows what it has to show."""
    await page.evaluate("() => new Promise(requestAnimationFrame)")  # by then it knows that it is to show another
    await expect(page.locator("main[aria-busy=false]")).to_be_attached()
    await expect(page.locator("[aria-busy=true]")).to_have_count(0)


async def picture(page: Page, path: Path) -> None:
    """Save what the window shows, once fonts and motion have settled, in as few colours as it needs."""
    await page.evaluate("() => document.fonts.ready")
    await page.mouse.move(0, 0)
    taken = Image.open(io.BytesIO(await page.screenshot(animations="disabled"))).convert("RGB")
    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
