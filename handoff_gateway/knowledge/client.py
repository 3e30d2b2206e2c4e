"""The knowledge base as the gateway sees it: published articles for the help pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from handoff_gateway.calls import Calls
from handoff_gateway.errors import NotFoundError, UnavailableError

TIMEOUT_S = 2.0
RETRY_AFTER_S = 5.0
_ARTICLE_ID = re.compile(r"[A-Za-z0-9._~-]{1,200}")


@dataclass(frozen=True, slots=True)
class Article:
    """A published article; `html` has been made safe by the knowledge base."""

    title: str
    html: str
    language: str


class KnowledgeBase:
    """Asks the knowledge base on this machine."""

    def __init__(self, port: int, service_token: str) -> None:
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {service_token}"},
            timeout=TIMEOUT_S,
            transport=Calls(),
            trust_env=False,
        )

    async def article(self, article_id: str) -> Article:
        """Return a published article. Raises NotFoundError or UnavailableError."""
        if not _ARTICLE_ID.fullmatch(article_id) or article_id in {".", ".."}:
            raise NotFoundError("there is no such article")
        try:
            response = await self.client.get(f"/v1/articles/{quote(article_id, safe='')}")
            data = response.json() if response.status_code == httpx.codes.OK else None
        except (httpx.HTTPError, ValueError) as error:
            raise UnavailableError("the help pages are not available", retry_after_s=RETRY_AFTER_S) from error
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NotFoundError("there is no such article")
        if not isinstance(data, dict):
            raise UnavailableError("the help pages are not available", retry_after_s=RETRY_AFTER_S)
        live = data.get("live")  # never the newest version, which may be a draft
        if not isinstance(live, dict):
            raise NotFoundError("there is no such article")
        return Article(str(live.get("title", "")), str(live.get("html", "")), str(live.get("language", "en")))

    async def report(self, route: str, body: Mapping[str, Any]) -> None:
        """Tell the knowledge base something. Raises UnavailableError, or NotFoundError when it will not have it."""
        try:
            response = await self.client.post(route, json=dict(body))
        except httpx.HTTPError as error:
            raise UnavailableError("the knowledge base is not available", retry_after_s=RETRY_AFTER_S) from error
        if response.is_server_error:
            raise UnavailableError("the knowledge base is not available", retry_after_s=RETRY_AFTER_S)
        if not response.is_success:
            raise NotFoundError(f"{route} answered {response.status_code}")

    async def aclose(self) -> None:
        """Let go of connections."""
        await self.client.aclose()
