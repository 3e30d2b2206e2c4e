"""The knowledge base over HTTP: search, one article, feedback. One shared client a process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from actions.errors import KnowledgeBaseUnavailableError


@dataclass(frozen=True)
class Hit:
    """One article a search found, with its best passage (plain text) and the part of it that matched best."""

    article_id: str
    title: str
    url: str
    language: str
    passage: str
    highlight: tuple[tuple[int, int], ...] = ()
    score: float = 0.0
    nearness: float = 0.0  # cosine of its best passage
    tags: tuple[str, ...] = ()

    def source(self) -> dict[str, str]:
        """Return the hit as a source of a reply."""
        return {"article_id": self.article_id, "title": self.title, "url": self.url, "passage": self.passage}


@dataclass(frozen=True)
class SearchResult:
    """What a search found; ``confidence`` is the probability that the first hit answers the question."""

    query_id: str
    confidence: float
    answerable: bool
    hits: tuple[Hit, ...] = field(default=())


class KnowledgeBaseClient:
    """Calls the knowledge base; every failure is a ``KnowledgeBaseUnavailableError``."""

    def __init__(self, url: str, token: str, deadline_s: float) -> None:
        """``deadline_s`` bounds each call as a whole is expected to take."""
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=deadline_s,
            trust_env=False,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def search(
        self, query: str, language: str, limit: int = 5, *, previous: str = "", trial: bool = False
    ) -> SearchResult:
        """Search for ``query``, articles in ``language`` first.

        ``previous`` is the question before it, which it may only make sense after; a ``trial`` is no question of the
        customer's.
        """
        wanted: dict[str, Any] = {"query": query, "language": language, "limit": limit}
        if previous:
            wanted["previous"] = previous
        if trial:
            wanted["trial"] = True
        body = await self._call("POST", "/v1/search", wanted)
        try:
            return SearchResult(
                str(body["query_id"]),
                float(body["confidence"]),
                bool(body["answerable"]),
                tuple(_hit(hit) for hit in body["hits"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise KnowledgeBaseUnavailableError("/v1/search", f"an answer of another shape ({error!r})") from error

    async def article(self, article_id: str) -> dict[str, Any] | None:
        """Return a published article, or None when there is none (any more)."""
        route = f"/v1/articles/{quote(article_id, safe='')}"
        body = await self._call("GET", route, None, missing_ok=True)
        live = body.get("live") if body else None
        return {**body, **live} if body and live else None

    async def feedback(self, helpful: bool, query_id: str | None, article_id: str | None) -> None:
        """Tell the knowledge base whether an answer helped."""
        body: dict[str, Any] = {"helpful": helpful}
        body.update({key: value for key, value in (("query_id", query_id), ("article_id", article_id)) if value})
        await self._call("POST", "/v1/feedback", body)

    async def handed_off(self, query_id: str, reason: str) -> None:
        """Tell the knowledge base that a question ended with a person."""
        body = {"query_id": query_id, "outcome": "handed_off", "reason": reason}
        await self._call("POST", "/v1/feedback", body)

    async def _call(
        self, method: str, route: str, body: dict[str, Any] | None, missing_ok: bool = False
    ) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, route, json=body)
        except httpx.HTTPError as error:
            raise KnowledgeBaseUnavailableError(route, f"{type(error).__name__} {error}".strip()) from error
        if missing_ok and answer.status_code == 404:
            return {}
        if answer.status_code >= 300:
            raise KnowledgeBaseUnavailableError(route, f"status {answer.status_code}")
        if not answer.content:
            return {}
        try:
            parsed = answer.json()
        except ValueError as error:
            raise KnowledgeBaseUnavailableError(route, "an answer that is not JSON") from error
        return parsed if isinstance(parsed, dict) else {}


def _hit(hit: dict[str, Any]) -> Hit:
    return Hit(
        article_id=str(hit["article_id"]),
        title=str(hit["title"]),
        url=str(hit.get("url") or ""),
        language=str(hit.get("language") or ""),
        passage=str(hit["passage"]),
        highlight=tuple((int(start), int(end)) for start, end in hit.get("highlight") or ()),
        score=float(hit.get("score") or 0.0),
        nearness=float(hit.get("dense") or 0.0),
        tags=tuple(str(tag) for tag in hit.get("tags") or ()),
    )
