"""A knowledge base on a free port, a small encoder for it, and articles to fill it with."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

from knowledge_base.app import create_app
from knowledge_base.articles.articles import ArticleState, Content, NewArticle
from knowledge_base.encoder import Encoder
from knowledge_base.search.reranking import Reranker
from knowledge_base.server import listen, serving
from knowledge_base.service import KnowledgeBase, split
from knowledge_base.service_token import ensure_service_token
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from knowledge_base.store.store import add_articles
from knowledge_base.vectors import Vectors

CATCH_UP_S = 60  # for a change to be found, on a machine that does other things
PATIENCE_S = 60.0  # for one request; only a failing test waits so long
LIVE_S = 25.0  # for search to know an editor's click, on such a machine; after 30 the server gives a request up
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass
class HashingEncoder:
    """Words hashed into a vector: texts that share words are near each other. Counts what it encodes."""

    dimension: int = 64
    model: str = "hashing"
    encoded: list[str] = field(default_factory=list)
    words: frozenset[str] = frozenset()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            self.encoded.append(text)
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % self.dimension] += 1
            row /= np.linalg.norm(row) or 1
        return rows

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        return self.encode(texts)


def an_article(
    article_id: str,
    title: str,
    body: str,
    *,
    language: str = "en",
    questions: Sequence[str] = (),
    tags: Sequence[str] = (),
    translation_of: str | None = None,
    state: ArticleState = ArticleState.PUBLISHED,
) -> NewArticle:
    """Return an article."""
    content = Content(title, body, language, tuple(questions), tuple(tags))
    return NewArticle(article_id, content, article_id, translation_of, state)


RETURNS = an_article(
    "return-an-item",
    "Return an item",
    "You have 30 days to send an item back. Post it with the label from your parcel.\n\n"
    "## Refund\n\nThe refund reaches your card three days after the parcel reaches us.\n",
    questions=["How can I send something back?"],
    tags=["returns"],
)
RETURNS_CS = an_article(
    "return-an-item.cs",
    "Vrácení zboží",
    "Zboží můžete vrátit do 30 dnů. Pošlete ho zpět se štítkem z balíku.\n",
    language="cs",
    questions=["Jak pošlu zboží zpátky?"],
    tags=["returns"],
    translation_of="return-an-item",
)
HOURS = an_article(
    "opening-hours",
    "Opening hours",
    "Our shop opens at nine in the morning and closes at six in the evening, Monday to Saturday.\n",
    questions=["When are you open?"],
    tags=["stores"],
)
BOOTS = an_article("boot-care", "Care for leather boots", "Brush the boots, then rub wax into the leather.\n")
SECRET_DRAFT = an_article("secret-sale", "Secret sale", "Zebra sale on Friday.\n", state=ArticleState.DRAFT)
ARTICLES = (RETURNS, RETURNS_CS, HOURS, BOOTS, SECRET_DRAFT)


@dataclass(frozen=True)
class RunningKnowledgeBase:
    """A service and a client that may call it."""

    url: str
    token: str
    client: httpx.AsyncClient
    base: KnowledgeBase
    database: Database


def fill(database: Database, articles: Sequence[NewArticle]) -> None:
    """Put articles into a database."""
    database.write_now(lambda connection: add_articles(connection, articles, split, NOW))


async def caught_up(kb: RunningKnowledgeBase) -> None:
    """Wait until searches are answered and know every change."""
    async with asyncio.timeout(CATCH_UP_S):
        while (health := await kb.base.health()).status != "ok" or health.pending:  # noqa: ASYNC110 - as anybody outside
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running_knowledge_base(
    var: Path,
    articles: Sequence[NewArticle] = (),
    make_encoder: Callable[[], Encoder] = HashingEncoder,
    *,
    settings: Settings | None = None,
    make_multilingual: Callable[[], Encoder] | None = None,
    make_reranker: Callable[[], Reranker | None] = lambda: None,
    live_s: float = LIVE_S,
    wait: bool = True,
) -> AsyncIterator[RunningKnowledgeBase]:
    """Serve a knowledge base on a free port while the block runs.

    Args:
        articles: put into the base before it starts.
        live_s: how long an editor's click waits for search to know it; little where a test keeps search from that.
        wait: whether to begin only when searches are answered.
    """
    settings = settings or Settings(var=var, demo=False, port=0)
    token = ensure_service_token(settings.service_token_file)
    database = Database(settings.database_place)
    if articles:
        fill(database, articles)
    base = KnowledgeBase(
        settings,
        database,
        make_encoder,
        lambda: NOW,
        make_multilingual=make_multilingual,
        make_reranker=make_reranker,
        turn_deadline_s=PATIENCE_S,
        live_s=live_s,
    )
    server_socket = listen(settings.host, 0)
    url = f"http://{settings.host}:{server_socket.getsockname()[1]}"
    headers = {"Authorization": f"Bearer {token}"}
    async with serving(create_app(base, token), server_socket):
        try:
            starting = base.start()
            if wait:
                await starting
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S) as client:
                yield RunningKnowledgeBase(url, token, client, base, database)
        finally:
            await base.close()
