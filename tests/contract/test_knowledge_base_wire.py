"""What the knowledge base promises its callers: the fields of every answer, their types and their meaning."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.knowledge_base import ARTICLES, HashingEncoder, RunningKnowledgeBase, running_knowledge_base

HIT = {
    "article_id": str,
    "external_id": str,
    "title": str,
    "url": str,
    "language": str,
    "tags": list,
    "passage": str,
    "html": str,
    "highlight": list,
    "score": float,
    "dense": float,
    "lexical": float,
}


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


async def test_search(kb: RunningKnowledgeBase) -> None:
    answer = await kb.client.post("/v1/search", json={"query": "how can I send an item back", "limit": 2})
    assert answer.status_code == 200
    body = answer.json()
    assert isinstance(body["query_id"], str)
    assert 0 <= body["confidence"] <= 1
    assert isinstance(body["answerable"], bool)
    assert body["generation"] == 2
    assert len(body["hits"]) == 2
    for hit in body["hits"]:
        assert {name: type(hit[name]) for name in HIT} == HIT
        assert hit["url"] == f"/help/{hit['article_id']}"
        assert all(0 <= start < end <= len(hit["passage"]) for start, end in hit["highlight"])
    assert body["hits"][0]["score"] >= body["hits"][1]["score"]


async def test_search_in_a_language_and_by_tags(kb: RunningKnowledgeBase) -> None:
    body = {"query": "Jak můžu vrátit zboží?", "language": "cs", "filters": {"tags": ["returns"]}}
    (hit,) = (await kb.client.post("/v1/search", json=body)).json()["hits"]
    assert (hit["article_id"], hit["language"]) == ("return-an-item.cs", "cs")


async def test_embed(kb: RunningKnowledgeBase) -> None:
    body = (await kb.client.post("/v1/embed", json={"texts": ["one", "two", "one"]})).json()
    assert isinstance(body["model"], str)
    vectors = np.array(body["vectors"])
    assert vectors.shape == (3, body["dimension"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert (vectors[0] == vectors[2]).all()
    empty = (await kb.client.post("/v1/embed", json={"texts": []})).json()
    assert (empty["dimension"], empty["vectors"]) == (body["dimension"], [])
    assert "multilingual" not in body


async def test_embed_in_two_spaces(tmp_path: Path) -> None:
    """`wait` answers once the second encoder is there; without one the answer says so."""
    texts = ["one", "dvě", "trys", "vier", "fünf", "one"]
    async with running_knowledge_base(tmp_path, make_multilingual=lambda: HashingEncoder(48, "second")) as kb:
        body = (await kb.client.post("/v1/embed", json={"texts": texts, "multilingual": "wait"})).json()
        both = body["multilingual"]
        assert (both["model"], both["dimension"], np.array(both["vectors"]).shape) == ("second", 48, (6, 48))
        assert both["vectors"][0] == both["vectors"][5] != both["vectors"][1]
        assert np.array(body["vectors"]).shape == (6, body["dimension"])
        again = (await kb.client.post("/v1/embed", json={"texts": [], "multilingual": True})).json()
        assert (again["vectors"], again["multilingual"]["vectors"]) == ([], [])
    (tmp_path / "alone").mkdir()
    async with running_knowledge_base(tmp_path / "alone") as kb:
        body = (await kb.client.post("/v1/embed", json={"texts": texts, "multilingual": "wait"})).json()
        assert body["multilingual"] is None


async def test_articles(kb: RunningKnowledgeBase) -> None:
    article = (await kb.client.get("/v1/articles/return-an-item")).json()
    wanted = {
        "id": "return-an-item",
        "external_id": "return-an-item",
        "title": "Return an item",
        "questions": ["How can I send something back?"],
        "language": "en",
        "tags": ["returns"],
        "state": "published",
        "version": 1,
    }
    assert {name: article[name] for name in wanted} == wanted
    assert "## Refund" in article["body"]
    assert "<h2>Refund</h2>" in article["html"]
    listed = (await kb.client.get("/v1/articles", params={"state": "published", "language": "en"})).json()
    assert [entry["id"] for entry in listed["articles"]] == ["boot-care", "opening-hours", "return-an-item"]
    assert listed["next_cursor"] is None


async def test_health(kb: RunningKnowledgeBase) -> None:
    body = (await kb.client.get("/health")).json()
    assert body == {
        "status": "ok",
        "generation": 2,
        "articles": 4,
        "passages": 5,
        "pending": 0,
        "multilingual": None,
        "multilingual_problem": None,
    }


async def test_a_refusal_says_why(kb: RunningKnowledgeBase) -> None:
    answer = await kb.client.post("/v1/search", json={"query": ""})
    assert answer.status_code == 400
    assert answer.json() == {"error": "query: must be a text that is not empty", "field": "query"}
