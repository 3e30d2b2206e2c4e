"""The pages' files: light, all there, and nothing in them that the policy forbids."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.web.conftest import Pages
from tests.web.fake_gateway import FakeGateway
from tests.web.fake_pages import WEB

LOADER_BUDGET = 5 * 1024
WIDGET_BUDGET = 50 * 1024
EDITOR = Path(__file__).parents[2] / "knowledge_base" / "web"
KNOWLEDGE = Path(__file__).parents[2] / "data" / "knowledge"


def weight(path: Path) -> int:
    """Return the size over the wire, compressed."""
    return len(gzip.compress(path.read_bytes()))


def files(*suffixes: str) -> Iterator[Path]:
    """Walk the pages' files with one of the endings."""
    return (path for path in sorted([*WEB.rglob("*"), *EDITOR.rglob("*")]) if path.suffix in suffixes)


def test_the_loader_is_light() -> None:
    assert weight(WEB / "widget" / "widget.js") <= LOADER_BUDGET


@pytest.mark.asyncio(loop_scope="session")
async def test_the_whole_widget_is_light(pages: Pages, gateway: FakeGateway) -> None:
    """Counted by what a browser really fetches when the chat is opened."""
    page = await pages.chat()
    names = await page.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)")
    fetched = {
        name.removeprefix("/static/") for name in names if name.startswith(("/static/widget/", "/static/shared/"))
    }
    assert "widget/js/main.js" in fetched
    assert sum(weight(WEB / name) for name in fetched) + weight(WEB / "widget" / "widget.js") <= WIDGET_BUDGET


def test_pages_carry_no_inline_scripts_and_styles() -> None:
    for path in files(".html"):
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", html), path
        assert not re.search(r"""(src|href)=["'](https?:)?//""", html), f"{path} fetches from elsewhere"


def test_no_script_parses_markup_into_a_page() -> None:
    for path in files(".js"):
        code = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code), (
            path
        )


def test_colours_are_named_in_one_place() -> None:
    """Everywhere else they are used by name, so that the dark theme is complete."""
    for path in files(".css"):
        if path.name != "colours.css":
            literal = re.findall(
                r"#[0-9a-f]{3,8}\b|\b(?:white|black|red|gray)\b(?!-)", path.read_text(encoding="utf-8")
            )
            assert literal == [], path


def test_every_colour_used_is_defined() -> None:
    for scope in (
        (WEB / "shared", WEB / "widget", WEB / "desk"),
        (WEB / "demo", WEB / "help"),
        (WEB / "shared", WEB / "desk", WEB / "manage"),
        (WEB / "shared", WEB / "desk", EDITOR),
    ):
        styles = "".join(
            path.read_text(encoding="utf-8") for path in files(".css") if any(map(path.is_relative_to, scope))
        )
        assert set(re.findall(r"var\((--[\w-]+)", styles)) - set(re.findall(r"(--[\w-]+):", styles)) == set()


def test_files_stay_small() -> None:
    for path in files(".js", ".css"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 260, path


def test_the_shop_links_only_to_articles_that_exist() -> None:
    linked = re.findall(r'href="/help/([^"]+)"', (WEB / "demo" / "index.html").read_text(encoding="utf-8"))
    assert linked
    assert [name for name in linked if not (KNOWLEDGE / f"{name}.md").exists()] == []


@pytest.mark.asyncio(loop_scope="session")
async def test_the_shop_loads_whole(pages: Pages) -> None:
    page = await pages.open()
    await page.evaluate(
        "Promise.all([...document.images].map((image) => { image.loading = 'eager'; return image.decode(); }))"
    )
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_role("link", name="Return an item")).to_have_attribute("href", "/help/return-an-item")


@pytest.mark.asyncio(loop_scope="session")
async def test_a_help_page_shows_its_article_and_the_chat(pages: Pages) -> None:
    page = await pages.open("/help/return-an-item")
    await expect(page.get_by_role("heading", level=1, name="Return an item")).to_be_visible()
    await expect(page.get_by_role("article").get_by_role("listitem")).to_have_text("Within 30 days")
    await expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
