"""Take the README's pictures from a running system (`make screenshots`): the shop, the desk and the editor at work."""

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright, expect

from scripts.settings import ROOT
from scripts.system import System, gateway_url, running_system
from scripts.train import train_if_needed
from tests.support.pages import CustomerPage, DeskPage, EditorPage, launch, picture
from tests.support.wire import Customer

FOLDER = ROOT / "docs/images"
ARTICLE = "Return an item"
WINDOW = {"width": 1280, "height": 800}


async def take(system: System) -> None:
    """Hold a conversation, open an article, and save what everybody sees."""
    address = gateway_url(system.settings)
    async with async_playwright() as playwright, Customer(f"ws://127.0.0.1:{system.settings.gateway_ws_port}") as other:
        browser = await launch(playwright)
        shop = CustomerPage(await browser.new_page(viewport=WINDOW))
        desk = DeskPage(await browser.new_page(viewport=WINDOW))
        await shop.open(address)
        await shop.say("Hi, how do I send back a jacket that doesn't fit?")
        await expect(shop.said_by("bot").last.get_by_role("link").first).to_be_visible()
        await shop.say("I lost the box. Could I talk to a person about that?")
        await expect(shop.log.locator(".handoff")).to_be_visible()
        await other.ask("This is useless, I have been waiting for two weeks!!")
        await desk.sign_in(address, "agent@localhost", system.admin_password())
        await desk.open_containing("box")
        await desk.press("Claim")
        await desk.reply("Hello, no problem at all: any sturdy box will do. Shall I send you a new label for it?")
        await expect(shop.said_by("agent").first).to_be_visible()
        await shop.say("Yes please, that would be great")
        await expect(desk.talk.get_by_text("that would be great")).to_be_visible()
        await picture(shop.page, FOLDER / "customer.png")
        await picture(desk.page, FOLDER / "desk.png")
        editor = EditorPage(await browser.new_page(viewport=WINDOW))
        await editor.sign_in(address, "editor@localhost", system.admin_password())
        await editor.open(ARTICLE)
        await picture(editor.page, FOLDER / "editor.png")
        await browser.close()


def main() -> None:
    """Start a system of its own, take the pictures, stop it."""
    train_if_needed("")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tandem-pictures-") as var, running_system(Path(var)) as system:
        asyncio.run(take(system))
    print(f"{FOLDER.relative_to(ROOT)}/customer.png, desk.png and editor.png are new")


if __name__ == "__main__":
    main()
