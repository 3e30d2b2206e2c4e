"""Everybody can use it: names and roles, keyboard, targets, contrast in both themes, small screens, calm motion."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.web.conftest import Pages
from tests.web.fake_gateway import FakeGateway
from tests.web.test_desk import ME, mine, row, turns, waiting

pytestmark = pytest.mark.asyncio(loop_scope="session")

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
CONTRAST = CONTRAST[CONTRAST.index("(root)") :]
SMALLEST_TARGET_PX = 44
# Everything that can be pressed, with its name and size; the shadow root included.
CONTROLS = """(root) => {
  const found = [];
  const visit = (node) => {
    if (node.matches?.("button, a[href], textarea, input, summary") && node.checkVisibility()) {
      const { width, height } = node.getBoundingClientRect();
      const name = node.getAttribute("aria-label") || node.labels?.[0]?.textContent || node.textContent.trim();
      const inText = Boolean(node.closest(".bubble, .text, article p"));
      found.push({ name, inText, width: Math.round(width), height: Math.round(height) });
    }
    if (node.shadowRoot) [...node.shadowRoot.children].forEach(visit);
    [...node.children].forEach(visit);
  };
  visit(root);
  return found;
}"""
FOCUSED = """(() => {
  const focused = document.querySelector("tandem-chat").shadowRoot.activeElement;
  return focused?.getAttribute("aria-label") || focused?.textContent.trim();
})()"""
MOVING = """document.querySelector("tandem-chat").shadowRoot.getAnimations()
  .filter((animation) => animation.playState === "running").length"""
Theme = Literal["light", "dark"]


async def full_chat(pages: Pages, gateway: FakeGateway) -> Page:
    """Open a chat in which everything that can be said has been said; it ends in the queue."""
    page = await pages.chat()
    await gateway.customer_says("See https://example.org")
    await gateway.bot_says(
        "Within 60 days.", sources=[{"article_id": "a", "title": "Return an item", "url": "/help/a", "passage": ""}]
    )
    await gateway.own(gateway.conversation, "agent", agent=ME, cause="claimed")
    await gateway.agent_says("Hello")
    await gateway.hand_off()
    gateway.refuse["send"] = "forbidden"
    await page.get_by_role("textbox").fill("refused")
    await page.keyboard.press("Enter")
    await page.get_by_text("Not sent").wait_for()
    await gateway.deliver_raw({"type": "typing", "role": "agent", "name": "Ona", "on": True})
    await page.get_by_text("Ona is typing").wait_for()
    return page


async def test_the_chat_has_roles_and_names(pages: Pages, gateway: FakeGateway) -> None:
    page = await full_chat(pages, gateway)
    for role, name in (
        ("dialog", "Chat"),
        ("log", "Conversation"),
        ("textbox", "Your message"),
        ("button", "Send"),
        ("button", "Leave the queue"),
    ):
        await expect(page.get_by_role(role, name=name, exact=True)).to_be_visible()  # type: ignore[arg-type]
    controls = await page.evaluate(CONTROLS, await page.query_selector("tandem-chat"))
    assert all(control["name"] for control in controls)
    small = [
        c for c in controls if not c["inText"] and (c["height"] < SMALLEST_TARGET_PX or c["width"] < SMALLEST_TARGET_PX)
    ]
    assert small == []


async def test_the_keyboard_goes_in_around_and_out(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.open()
    launcher = page.locator("button.launcher")
    await launcher.focus()
    await page.keyboard.press("Enter")
    await gateway.connected()
    await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
    await gateway.bot_says("Which?", buttons=[{"title": "Boots", "payload": "/x"}])
    await page.get_by_role("button", name="Boots").wait_for()
    names = []
    for _ in range(6):
        await page.keyboard.press("Shift+Tab")
        names.append(await page.evaluate(FOCUSED))
    assert names == [
        "Talk to a person",
        "Boots",
        "Conversation",
        "Close the chat",
        "End the conversation",
        "Close the chat",
    ]
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Chat")).to_be_hidden()
    await expect(launcher).to_be_focused()
    await expect(launcher).to_have_attribute("aria-expanded", "false")


async def test_only_new_lines_are_announced(pages: Pages, gateway: FakeGateway) -> None:
    page = await pages.chat()
    await gateway.bot_says("old")
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")
    gateway.replay_gate.clear()
    await page.reload()
    await expect(log).to_have_attribute("aria-live", "off")
    gateway.replay_gate.set()
    await expect(log).to_contain_text("old")
    await expect(log).to_have_attribute("aria-live", "polite")


async def test_the_measure_finds_poor_contrast(blank: Page) -> None:
    await blank.evaluate("document.body.append('fine'); document.body.style.color = 'rgb(150,150,150)'")
    assert await blank.evaluate(f"({CONTRAST})(document.body)") == ["2.96 fine"]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_contrast_of_shop_chat_and_help(pages: Pages, gateway: FakeGateway, theme: Theme) -> None:
    page = await full_chat(pages, gateway)
    await page.emulate_media(color_scheme=theme)
    assert await page.evaluate(f"({CONTRAST})(document.documentElement)") == []
    gateway.refuse.clear()
    await gateway.own(gateway.conversation, "bot", cause="handed_back")
    await page.get_by_role("button", name="Talk to a person").wait_for()
    assert await page.evaluate(f"({CONTRAST})(document.documentElement)") == []
    await page.goto(gateway.origin + "/help/return-an-item")
    assert await page.evaluate(f"({CONTRAST})(document.documentElement)") == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_contrast_and_names_of_the_desk(pages: Pages, gateway: FakeGateway, theme: Theme) -> None:
    talk = await mine(gateway, "help")
    await gateway.bot_says(
        "Answer", talk, sources=[{"article_id": "a", "title": "Return an item", "url": "/help/a", "passage": ""}]
    )
    await gateway.append(talk, "note", note={"agent": ME, "text": "a note"})
    await gateway.agent_says("Hello", talk)
    await waiting(gateway, "another", reason="frustration")
    page = await pages.desk()
    await page.emulate_media(color_scheme=theme)
    await row(page, "Hello").click()
    await expect(turns(page)).to_have_count(4)
    assert await page.evaluate(f"({CONTRAST})(document.documentElement)") == []
    controls = await page.evaluate(CONTROLS, await page.query_selector("body"))
    assert all(control["name"] for control in controls)
    await page.get_by_role("button", name="Note", exact=True).click()
    assert await page.evaluate(f"({CONTRAST})(document.documentElement)") == []
    for role, name in (
        ("navigation", "Conversations"),
        ("main", "Conversation"),
        ("complementary", "Customer"),
        ("log", "Transcript"),
    ):
        await expect(page.get_by_role(role, name=name)).to_be_visible()  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [320, 360])
async def test_small_screens_show_everything_without_scrolling_sideways(
    pages: Pages, gateway: FakeGateway, width: int
) -> None:
    page = await full_chat(pages, gateway)
    await gateway.customer_says("long" * 200)
    await page.set_viewport_size({"width": width, "height": 640})
    panel = await page.get_by_role("dialog", name="Chat").bounding_box()
    assert panel == {"x": 0, "y": 0, "width": width, "height": 640}
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    outside = [c for c in await page.evaluate(CONTROLS, await page.query_selector("tandem-chat")) if c["width"] > width]
    assert outside == []
    await page.goto(gateway.origin + "/help/return-an-item")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await expect(page.get_by_role("dialog", name="Chat")).to_be_hidden()  # it would cover the article
    await expect(page.get_by_role("button", name="Chat with us")).to_be_visible()


async def test_the_desk_on_a_phone_shows_one_pane_at_a_time(pages: Pages, gateway: FakeGateway) -> None:
    await mine(gateway, "long" * 200)
    page = await pages.desk()
    await page.set_viewport_size({"width": 320, "height": 640})
    await row(page, "long").click()
    await expect(page.get_by_role("navigation", name="Conversations")).to_be_hidden()
    await expect(page.get_by_label("Reply to the customer")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    await page.get_by_role("button", name="Customer details").click()
    await expect(page.get_by_role("complementary", name="Customer")).to_be_visible()
    await page.get_by_role("button", name="Back to the conversation").click()
    await page.get_by_role("button", name="Back to the lists").click()
    await expect(page.get_by_role("navigation", name="Conversations")).to_be_visible()


async def test_nothing_moves_for_those_who_asked_for_calm(pages: Pages, gateway: FakeGateway) -> None:
    page = await full_chat(pages, gateway)
    assert await page.evaluate(MOVING) == 0
    await page.emulate_media(reduced_motion="no-preference")
    assert await page.evaluate(MOVING) > 0
