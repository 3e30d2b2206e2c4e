"""The editor's page as tests use it, with the real gateway and the real knowledge base behind it."""

from typing import Any

from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.support.gateway import Gateway
from tests.support.knowledge_base import RunningKnowledgeBase, caught_up
from tests.web.tabs import Tabs


class Editing(Tabs):
    """The editor's page in one browser profile."""

    def __init__(self, context: BrowserContext, gateway: Gateway, base: RunningKnowledgeBase) -> None:
        super().__init__(context)
        self.gateway, self.base = gateway, base

    async def open(self, place: str = "") -> Page:
        """Open a place of the editor in a new tab."""
        return await self.open_tab(f"{self.gateway.origin}/editor{place}")

    async def signed_in(self, place: str = "", *roles: str) -> Page:
        """Open a place as an editor, or as somebody with other roles."""
        name = "-".join(roles) or "eda"
        token = await self.gateway.account(name, *(roles or ("editor",)))
        await self.context.add_cookies([{"name": "tandem_session", "value": token, "url": self.gateway.origin}])
        return await self.open(place)

    async def search(self, question: str) -> list[str]:
        """Return the ids of the articles a customer's question finds."""
        return [hit["article_id"] for hit in await self._hits(question)]

    async def passages(self, question: str) -> str:
        """Return what a customer's question finds, as one text."""
        return " ".join(hit["passage"] for hit in await self._hits(question))

    async def _hits(self, question: str) -> list[Any]:
        await caught_up(self.base)  # search knows within a second what was published
        answer = await self.base.client.post("/v1/search", json={"query": question, "limit": 3})
        hits: list[Any] = answer.json()["hits"]
        return hits


def command(page: Page, name: str) -> Locator:
    """Return a button by its whole name."""
    return page.get_by_role("button", name=name, exact=True)


async def publish(page: Page) -> None:
    """Publish the article on screen, and wait until it is said to be live."""
    await command(page, "Publish…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Live, in generation")).to_be_visible()
