"""Whatever editors do, in whatever order: search knows exactly what a rebuild from the articles would know."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from sqlalchemy import Connection, text

from knowledge_base.articles.articles import ArticleState, Content, LiveArticle, NewArticle
from knowledge_base.http.wire import search_json
from knowledge_base.search.answering import Asked
from knowledge_base.service import KnowledgeBase, split
from knowledge_base.settings import Settings
from knowledge_base.store import live
from knowledge_base.store.database import Database
from tests.support.knowledge_base import (
    NOW,
    HashingEncoder,
    RunningKnowledgeBase,
    an_article,
    caught_up,
    fill,
    running_knowledge_base,
)

Json = dict[str, Any]
Result = TypeVar("Result")

WAIT_S = 60  # for one step, on a machine that does other things

# Words of drafts are theirs alone, so that one in an answer tells.
WORDS = ("boots", "wax", "returns", "parcel", "opening hours", "refund", "zebra", "balm")
titles = st.sampled_from(WORDS).map(str.title)
bodies = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join).map(lambda words: f"{words}.\n")
questions = st.lists(st.sampled_from(WORDS).map(lambda word: f"What about {word}?"), max_size=2)
contents = st.fixed_dictionaries(
    {"title": titles, "body": bodies, "questions": questions, "language": st.sampled_from(["en", "cs"])}
)


def content_of(shown: Json) -> Content:
    return Content(shown["title"], shown["body"], shown["language"], tuple(shown["questions"]), tuple(shown["tags"]))


def without_ids(article: LiveArticle) -> LiveArticle:
    """Drop the numbers of units: a rebuild gives others."""
    return replace(article, units=tuple(replace(unit, unit_id=0) for unit in article.units))


class Editors(RuleBasedStateMachine):
    """Editors at work on one base, through the wire, beside a plain model of what customers should see."""

    articles = Bundle("articles")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        self.live: dict[str, Content] = {}
        self.history: dict[str, list[Content]] = {}
        self.kb = self.run(self._serve("base", ()))

    def run(self, work: Awaitable[Result]) -> Result:
        return self.loop.run_until_complete(asyncio.wait_for(work, WAIT_S))

    async def _serve(self, name: str, articles: tuple[NewArticle, ...]) -> RunningKnowledgeBase:
        folder = Path(self.folder.name) / name
        return await self.stack.enter_async_context(running_knowledge_base(folder, articles, HashingEncoder))

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()
        self.folder.cleanup()

    def send(self, method: str, path: str, body: Json | None = None, status: int = 200) -> Json:
        answer: httpx.Response = self.run(self.kb.client.request(method, path, json=body))
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else {}

    def know(self, shown: Json) -> str:
        """Take over what a change answered into the model."""
        article_id, content = str(shown["id"]), content_of(shown)
        versions = self.history.setdefault(article_id, [])
        assert shown["version"] in {len(versions), len(versions) + 1}
        if shown["version"] > len(versions):
            versions.append(content)
        assert versions[-1] == content
        return article_id

    @initialize(target=articles)
    def an_empty_base(self) -> Any:
        return multiple()

    @rule(target=articles, content=contents, state=st.sampled_from(["draft", "published"]))
    def create(self, content: Json, state: str) -> str:
        shown = self.send("POST", "/v1/articles", content | {"state": state}, 201)
        article_id = self.know(shown)
        if state == "published":
            self.live[article_id] = content_of(content | {"tags": []})
        return article_id

    @rule(article_id=articles, content=contents, state=st.sampled_from([None, "draft", "published", "archived"]))
    def edit(self, article_id: str, content: Json, state: str | None) -> None:
        body = content | {"version": len(self.history[article_id])} | ({"state": state} if state else {})
        self.know(self.send("PUT", f"/v1/articles/{article_id}", body))
        if state == "published":
            self.live[article_id] = self.history[article_id][-1]
        elif state == "archived":
            self.live.pop(article_id, None)

    @rule(article_id=articles, content=contents)
    def edit_what_is_stale(self, article_id: str, content: Json) -> None:
        stale = len(self.history[article_id]) + 1
        self.send("PUT", f"/v1/articles/{article_id}", content | {"version": stale, "state": "published"}, 409)

    @rule(article_id=articles)
    def publish(self, article_id: str) -> None:
        self.know(self.send("POST", f"/v1/articles/{article_id}/publish"))
        self.live[article_id] = self.history[article_id][-1]

    @rule(article_id=articles)
    def archive(self, article_id: str) -> None:
        self.know(self.send("POST", f"/v1/articles/{article_id}/archive"))
        self.live.pop(article_id, None)

    @rule(article_id=articles, back=st.integers(0, 3))
    def roll_back(self, article_id: str, back: int) -> None:
        versions = self.history[article_id]
        number = max(1, len(versions) - back)
        shown = self.send("POST", f"/v1/articles/{article_id}/rollback", {"version": number})
        assert content_of(shown) == versions[number - 1]
        self.know(shown)
        if article_id in self.live:
            self.live[article_id] = versions[-1]

    @rule(article_id=consumes(articles))
    def delete(self, article_id: str) -> None:
        self.send("DELETE", f"/v1/articles/{article_id}", None, 204)
        del self.history[article_id]
        self.live.pop(article_id, None)

    @invariant()
    def search_knows_what_is_live(self) -> None:
        self.run(caught_up(self.kb))
        base = self.run(self.kb.database.run(live.live_base))
        known = {article.article_id: article for article in base.articles}
        assert set(known) == set(self.live)
        for article_id, content in self.live.items():
            assert [unit.unit for unit in known[article_id].units] == split(content), article_id
        assert self.send("GET", "/health")["articles"] == len(self.live)

    @rule(query=st.sampled_from([*WORDS, "What about wax?", "boots and a refund"]))
    def ask(self, query: str) -> None:
        """What is answered stands in a live version."""
        self.run(caught_up(self.kb))
        for hit in self.send("POST", "/v1/search", {"query": query, "limit": 50})["hits"]:
            content = self.live[hit["article_id"]]
            assert (hit["title"], hit["language"]) == (content.title, content.language)
            assert hit["passage"] in content.body

    @rule()
    def rebuild(self) -> None:
        """A base made of the live articles alone answers every question the same, scores and all."""
        self.run(caught_up(self.kb))
        base = self.run(self.kb.database.run(live.live_base))
        new = tuple(
            replace(
                an_article(article_id, content.title, content.body, state=ArticleState.PUBLISHED),
                content=content,
                external_id=None,
            )
            for article_id, content in sorted(self.live.items())
        )
        self.run(self._compare(base.articles, new))

    async def _compare(self, articles: tuple[LiveArticle, ...], new: tuple[NewArticle, ...]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(var=Path(folder), demo=False)
            database = Database(settings.database)
            fill(database, new)
            rebuilt = KnowledgeBase(settings, database, HashingEncoder, lambda: NOW, turn_deadline_s=WAIT_S)
            try:
                await rebuilt.start()
                again = await database.run(live.live_base)
                assert [without_ids(one) for one in articles] == [without_ids(one) for one in again.articles]
                for query in WORDS:
                    assert await answered(self.kb.base, query) == await answered(rebuilt, query), query
            finally:
                await rebuilt.close()


async def answered(base: KnowledgeBase, query: str) -> Json:
    """Return an answer without what two bases never share."""
    query_id, answer = await base.search(Asked(query, limit=50))
    return dict(search_json(query_id, answer)) | {"query_id": "", "generation": 0}


TestEditors = pytest.mark.timeout(900)(Editors.TestCase)
TestEditors.settings = hypothesis_settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def vectors_of(connection: Connection, article_id: str) -> list[tuple[str, bytes]]:
    """Return what the encoder made of the units of an article, in their order."""
    found = connection.execute(
        text(
            "select units.content_hash, vectors.vector from units join vectors using (content_hash) "
            "where article_id = :id order by position"
        ),
        {"id": article_id},
    )
    return [(row.content_hash, row.vector) for row in found]


async def test_complaint_25_live_article_changes_while_typing_drafts_searchable_no_history(tmp_path: Path) -> None:
    """A draft is in no answer, publishing is one step for whoever asks, and a rollback restores text and vectors."""
    path = "/v1/articles/boots"
    article = an_article("boots", "Leather boots", "Rub wax into the boots.", questions=["How do I keep boots?"])
    query = {"query": "How do I keep leather boots with wax and balm?", "limit": 50}
    async with running_knowledge_base(tmp_path, [article]) as kb:

        async def asked() -> Json:
            (hit,) = (await kb.client.post("/v1/search", json=query)).json()["hits"]
            return {name: hit[name] for name in ("title", "passage", "score", "dense", "lexical")}

        before, vectors = await asked(), await kb.database.run(lambda c: vectors_of(c, "boots"))
        assert vectors

        typed = ""
        for number, word in enumerate(["Use", "balm", "on", "the", "boots", "and", "never", "wax"], 1):
            typed = f"{typed} {word}".strip()
            draft = {"version": number, "title": f"Draft {number}", "body": typed, "questions": [f"Draft {number}?"]}
            assert (await kb.client.put(path, json=draft)).status_code == 200
            await caught_up(kb)
            assert await asked() == before, "what is typed changes nothing for customers"
            live = (await kb.client.get(path)).json()["live"]
            assert (live["title"], live["body"]) == ("Leather boots", "Rub wax into the boots.")

        seen: set[tuple[str, str]] = set()
        published = asyncio.Event()

        async def watch() -> None:
            while not published.is_set():
                hit = await asked()
                seen.add((hit["title"], hit["passage"]))

        watching = asyncio.create_task(watch())
        assert (await kb.client.post(f"{path}/publish")).status_code == 200
        await caught_up(kb)
        after = await asked()
        published.set()
        await watching
        assert (after["title"], after["passage"]) == ("Draft 8", typed)
        assert seen <= {("Leather boots", "Rub wax into the boots."), ("Draft 8", typed)}, "never half of each"

        history = (await kb.client.get(f"{path}/versions")).json()["versions"]
        assert [version["version"] for version in history] == list(range(9, 0, -1))
        assert (await kb.client.post(f"{path}/rollback", json={"version": 1})).status_code == 200
        await caught_up(kb)
        assert await asked() == before
        assert await kb.database.run(lambda c: vectors_of(c, "boots")) == vectors
        article_now = (await kb.client.get(path)).json()
        assert (article_now["body"], article_now["questions"]) == ("Rub wax into the boots.", ["How do I keep boots?"])
        assert NOW.isoformat(timespec="milliseconds").startswith(article_now["updated_at"][:19])
