"""Take the pictures of the docs from a running system (`make screenshots`): shop, desk, teams and editor at work.

python -m tests.e2e.screenshots --looks FOLDER     # also in the dark and on a phone, to be looked at, not kept
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page, async_playwright, expect

from scripts.settings import ROOT
from scripts.system import System, gateway_url, running_system
from scripts.train import train_if_needed
from tests.support.pages import DIFFERENCE_MS, PATIENCE_MS, CustomerPage, DeskPage, EditorPage, launch, picture
from tests.support.wire import Customer

FOLDER = ROOT / "docs/images"
ARTICLE = "Return an item"
WINDOW = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
MANAGED = ("teams", "agents", "account", "audit")  # sections of /manage
# What customers ask and the shop has not written down: gaps, more often asked ones first.
UNKNOWN = [
    "Do you teach climbing to children?",
    "do you have climbing courses for kids",
    "Is there a climbing course for children?",
    "Do you sell fishing licences?",
]
# A second article on a question that has one, with another number: what a warning and an answer diff are about.
RIVAL = {
    "id": "sending-things-back",
    "title": "How long do I have to return something?",
    "body": "You can return anything you bought within 14 days.\n\n## What we need\n\nThe receipt.\n",
    "questions": ["How can I send something back?"],
    "language": "en",
    "tags": ["returns"],
    "review_on": str(datetime.now(UTC).date() - timedelta(days=3)),
}


# A team of the shop's, as `/manage` shows it.
TEAM = {
    "name": "Returns and repairs",
    "languages": ["en", "cs"],
    "skills": ["refunds"],
    "fallback": "general",
    "hours": {
        "time_zone": "Europe/Prague",
        "country": "CZ",
        "weekly": {day: ["09:00-12:00", "13:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
    },
    "targets": {"first_response_s": 60, "next_response_s": 300, "resolution_s": 14400},
}


@dataclass(frozen=True)
class Place:
    """One place of the editor: its picture's name, its address, and what is done there first."""

    name: str
    address: str
    do: Callable[[EditorPage], Awaitable[None]] | None = None


async def ask_to_publish(editor: EditorPage) -> None:
    """Open the question before a publish, with what it would change."""
    await editor.press("Publish…")
    await editor.dialog.wait_for(timeout=DIFFERENCE_MS)


async def compare_versions(editor: EditorPage) -> None:
    """Open the versions and compare the first with the newest."""
    await editor.page.get_by_text("Versions", exact=True).click()
    await editor.press("Compare version 1 with the newest")
    await editor.page.locator(".difference").wait_for()


async def ask_golden(editor: EditorPage) -> None:
    """Ask the golden set."""
    await editor.press("Ask them all now")
    await expect(editor.page.locator("article .badge.live, article .badge.bad")).to_have_count(2)


KEPT = (
    Place("editor-articles", "articles?tag=returns"),
    Place("editor", "articles/return-an-item"),
    Place("editor-gaps", "gaps"),
    Place("editor-publish", "articles/sending-things-back", ask_to_publish),
    Place("editor-golden", "golden", ask_golden),
    Place("editor-warnings", "warnings"),
)
LOOKED_AT = (
    *KEPT,
    Place("editor-all", "articles"),
    Place("editor-new", "articles/new"),
    Place("editor-versions", "articles/return-an-item", compare_versions),
    Place("editor-search", "search?q=Can+I+send+boots+back%3F"),
    Place("editor-proposals", "proposals"),
    Place("editor-import", "import"),
    Place("editor-history", "audit"),
    Place("editor-nothing", "articles?q=nothing+like+this"),
)


async def talk(system: System, browser: Browser) -> None:
    """Hold a conversation, and save what customer and agent see."""
    address, ws = gateway_url(system.settings), f"ws://127.0.0.1:{system.settings.gateway_ws_port}"
    async with Customer(ws) as other, Customer(ws) as busy:
        await busy.ask("Do you repair zips?")
        wish = {"contact": "+420 777 123 456", "note": "The zip of my tent"}
        await busy.put({"type": "call_back", "client_message_id": "call-me", **wish})
        shop = CustomerPage(await browser.new_page(viewport=WINDOW))
        desk = DeskPage(await browser.new_page(viewport=WINDOW))
        await shop.open(address)
        await shop.say("How can I send something back?")
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


async def manage(system: System, browser: Browser, looks: Path | None) -> None:
    """Save what an administrator sees of the teams; to be looked at, all sections too."""
    address = gateway_url(system.settings)
    page = await browser.new_page(viewport=WINDOW)
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{address}/manage")
    await page.get_by_label("Email").fill("admin@localhost")
    await page.get_by_label("Password").fill(system.admin_password())
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("navigation", name="Sections").wait_for()
    members = [one["account_id"] for one in (await (await page.request.get(f"{address}/v1/agents")).json())["agents"]]
    made = await page.request.post(
        f"{address}/v1/teams", data={**TEAM, "members": members}, headers={"Origin": address}
    )
    await expect(made).to_be_ok()
    await page.reload()
    await page.get_by_role("heading", name=str(TEAM["name"])).wait_for()
    await picture(page, FOLDER / "manage.png")
    if looks is None:
        return
    for scheme, size in (("dark", WINDOW), ("light", PHONE)):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        for section in MANAGED:
            await page.goto(f"{address}/manage#{section}")
            await page.locator("main section").wait_for()
            await picture(page, looks / f"manage-{section}-{scheme}.png")


async def prepare(system: System) -> None:
    """Give the editor something to do: a draft beside a live text, a rival article, gaps, a proposal, a golden set."""
    ws = f"ws://127.0.0.1:{system.settings.gateway_ws_port}"
    for question in UNKNOWN:
        async with Customer(ws) as customer:
            await customer.ask(question)
    credentials = {"email": "editor@localhost", "password": system.admin_password()}
    async with httpx.AsyncClient(base_url=gateway_url(system.settings), timeout=40, trust_env=False) as client:
        token = (await client.post("/v1/login", json=credentials)).json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        article = (await client.get("/knowledge/v1/articles/return-an-item")).json()
        change = {
            "version": article["version"],
            "body": article["body"].replace("60 days", "90 days"),
            "state": "draft",
        }
        proposal = {"question": "Can I return without the box?", "answer": "Yes: any sturdy box will do."}
        golden = [
            {"question": "How can I send something back?", "article_id": "return-an-item"},
            {"question": UNKNOWN[-1], "article_id": None},
        ]
        for method, path, sent in (
            ("PUT", "articles/return-an-item", change),
            ("POST", "articles", RIVAL),
            ("POST", "proposals", proposal),
            ("PUT", "golden", {"golden": golden}),
        ):
            (await client.request(method, f"/knowledge/v1/{path}", json=sent)).raise_for_status()


async def visit(editor: EditorPage, place: Place, file: Path) -> None:
    """Save what a place of the editor shows."""
    await editor.go(place.address)
    if place.do is not None:
        await place.do(editor)
    await picture(editor.page, file)
    if place.do is ask_to_publish:
        await editor.page.keyboard.press("Escape")


async def edit(system: System, page: Page, looks: Path | None) -> None:
    """Save what an editor sees."""
    editor = EditorPage(page)
    await editor.sign_in(gateway_url(system.settings), "editor@localhost", system.admin_password())
    for place in KEPT:
        await visit(editor, place, FOLDER / f"{place.name}.png")
    if looks is None:
        return
    await page.emulate_media(color_scheme="dark")
    for place in LOOKED_AT:
        await visit(editor, place, looks / f"{place.name}-dark.png")
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    await page.emulate_media(color_scheme="light")
    for place in LOOKED_AT:
        await visit(editor, place, looks / f"{place.name}-phone.png")


async def take(system: System, looks: Path | None) -> None:
    """Take every picture."""
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        await talk(system, browser)
        await manage(system, browser, looks)
        await prepare(system)
        await edit(system, await browser.new_page(viewport=WINDOW), looks)
        await browser.close()


def main() -> None:
    """Start a system of its own, take the pictures, stop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--looks", type=Path, metavar="FOLDER", help="also in the dark and on a phone, into a folder")
    looks: Path | None = parser.parse_args().looks
    train_if_needed("")
    for folder in filter(None, (FOLDER, looks)):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tandem-pictures-") as var, running_system(Path(var)) as system:
        asyncio.run(take(system, looks))
    print(f"the pictures in {FOLDER.relative_to(ROOT)} are new")


if __name__ == "__main__":
    main()
