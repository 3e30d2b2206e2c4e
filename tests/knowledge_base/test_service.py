"""The service over a real socket: every route, and everything it refuses."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from knowledge_base.articles.rendering import passage_html
from knowledge_base.errors import CannotStartError
from knowledge_base.http import wire
from knowledge_base.settings import Settings
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import (
    ARTICLES,
    PATIENCE_S,
    HashingEncoder,
    RunningKnowledgeBase,
    running_knowledge_base,
)


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


class SlowEncoder(HashingEncoder):
    """An encoder that waits for permission."""

    def __init__(self, go: threading.Event) -> None:
        super().__init__()
        self.go = go

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, once told to go on."""
        assert self.go.wait(60)
        return super().encode(texts)


async def test_the_first_to_find_a_passage_does_not_wait_for_its_html(tmp_path: Path) -> None:
    passage_html.cache_clear()
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        rendered = passage_html.cache_info()
        answer = (await kb.client.post("/v1/search", json={"query": "How can I send something back?"})).json()
        found = passage_html.cache_info()
    assert found.misses == rendered.misses
    assert found.hits - rendered.hits == len(answer["hits"]) > 0


async def test_a_search_is_kept_and_feedback_may_name_it(kb: RunningKnowledgeBase) -> None:
    answer = (await kb.client.post("/v1/search", json={"query": "How can I send something back?"})).json()
    given = await kb.client.post(
        "/v1/feedback", json={"query_id": answer["query_id"], "helpful": True, "comment": "quick"}
    )
    assert given.status_code == 200
    row = await kb.database.run(lambda connection: connection.execute(text("select * from queries")).one())
    assert (row.id, row.text, row.article_id) == (
        answer["query_id"],
        "How can I send something back?",
        "return-an-item",
    )
    verdict = await kb.database.run(lambda connection: connection.execute(text("select * from feedback")).one())
    assert (verdict.query_id, verdict.article_id, verdict.helpful) == (answer["query_id"], "return-an-item", 1)


async def test_feedback_may_name_an_article(kb: RunningKnowledgeBase) -> None:
    assert (await kb.client.post("/v1/feedback", json={"article_id": "boot-care", "helpful": False})).status_code == 200
    assert (await kb.client.post("/v1/feedback", json={"article_id": "nothing", "helpful": False})).status_code == 404
    assert (await kb.client.post("/v1/feedback", json={"query_id": "nothing", "helpful": False})).status_code == 404


async def test_articles_are_listed_in_pages(kb: RunningKnowledgeBase) -> None:
    seen, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await kb.client.get("/v1/articles", params=query)).json()
        seen += [article["id"] for article in page["articles"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(article.article_id for article in ARTICLES)


async def test_an_article_is_shown_as_safe_html(kb: RunningKnowledgeBase) -> None:
    article = (await kb.client.get("/v1/articles/return-an-item.cs")).json()
    assert article["translation_of"] == "return-an-item"
    assert article["html"].startswith("<p>")
    assert (await kb.client.get("/v1/articles/nothing")).status_code == 404


BAD_SEARCHES = [
    ({}, 400, "query"),
    ({"query": ""}, 400, "query"),
    ({"query": " \n "}, 400, "query"),
    ({"query": 5}, 400, "query"),
    ({"query": "x" * (wire.MAX_QUERY + 1)}, 413, "query"),
    ({"query": "x", "language": 5}, 400, "language"),
    ({"query": "x", "language": "klingon"}, 400, "language"),
    ({"query": "x", "limit": 0}, 400, "limit"),
    ({"query": "x", "limit": 51}, 400, "limit"),
    ({"query": "x", "limit": True}, 400, "limit"),
    ({"query": "x", "limit": "5"}, 400, "limit"),
    ({"query": "x", "filters": []}, 400, "filters"),
    ({"query": "x", "filters": {"tags": "a"}}, 400, "filters.tags"),
    ({"query": "x", "filters": {"tag": ["a"]}}, 400, "filters"),
    ({"query": "x", "filters": {"language": "Czech"}}, 400, "filters.language"),
    ([], 400, "body"),
]
BAD_EMBEDS = [
    ({}, 400, "texts"),
    ({"texts": "x"}, 400, "texts"),
    ({"texts": [1]}, 400, "texts"),
    ({"texts": ["x"] * (wire.MAX_TEXTS + 1)}, 413, "texts"),
    ({"texts": ["x", "y" * (wire.MAX_TEXT + 1)]}, 413, "texts[1]"),
    ({"texts": ["x"], "multilingual": "yes"}, 400, "multilingual"),
    ({"texts": ["x"], "multilingual": 1}, 400, "multilingual"),
]
BAD_FEEDBACK = [
    ({"query_id": "x"}, 400, "helpful"),
    ({"query_id": "x", "helpful": "yes"}, 400, "helpful"),
    ({"helpful": True}, 400, "query_id"),
    ({"query_id": 1, "helpful": True}, 400, "query_id"),
    ({"article_id": "x", "helpful": True, "comment": "x" * (wire.MAX_COMMENT + 1)}, 413, "comment"),
]
REFUSED = (
    [("/v1/search", *case) for case in BAD_SEARCHES]
    + [("/v1/embed", *case) for case in BAD_EMBEDS]
    + [("/v1/feedback", *case) for case in BAD_FEEDBACK]
)


async def test_a_wrong_request_is_refused_by_field(kb: RunningKnowledgeBase) -> None:
    for route, body, status, field in REFUSED:
        answer = await kb.client.post(route, json=body)
        assert (answer.status_code, answer.json().get("field")) == (status, field), (route, str(body)[:80])
        assert field in answer.json()["error"]


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[" * 100_000])
async def test_what_is_not_json_is_refused(kb: RunningKnowledgeBase, body: bytes) -> None:
    answer = await kb.client.post("/v1/search", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "x"}, {"limit": "201"}, {"limit": "²"}, {"state": "gone"}])
async def test_a_wrong_page_is_refused(kb: RunningKnowledgeBase, query: dict[str, str]) -> None:
    answer = await kb.client.get("/v1/articles", params=query)
    assert (answer.status_code, answer.json()["field"]) == (400, next(iter(query)))


async def test_unknown_fields_and_routes(kb: RunningKnowledgeBase) -> None:
    assert (await kb.client.post("/v1/search", json={"query": "hours", "colour": "red"})).status_code == 200
    assert (await kb.client.get("/v1/nothing")).status_code == 404
    assert (await kb.client.get("/v1/search")).status_code == 405


async def test_a_body_too_large_is_refused(kb: RunningKnowledgeBase) -> None:
    address = httpx.URL(kb.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    announced = (
        f"POST /v1/embed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {kb.token}\r\nContent-Length: 9000000\r\n\r\n"
    )
    writer.write(announced.encode() + b"x" * 100)
    async with asyncio.timeout(60):
        assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()
    await writer.wait_closed()


async def test_a_lone_surrogate_is_survived(kb: RunningKnowledgeBase) -> None:
    body = b'{"query": "boots \\ud800 wax"}'
    assert (await kb.client.post("/v1/search", content=body)).status_code == 200


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Basic abc", "Bearer", "Bearer \xe9".encode("latin-1")])
async def test_only_those_who_know_the_token_are_served(kb: RunningKnowledgeBase, given: str | bytes | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    async with httpx.AsyncClient(base_url=kb.url, headers=headers, timeout=PATIENCE_S) as stranger:
        for method, route in [
            ("POST", "/v1/search"),
            ("POST", "/v1/embed"),
            ("POST", "/v1/feedback"),
            ("GET", "/v1/articles"),
            ("GET", "/v1/articles/boot-care"),
            ("GET", "/metrics"),
            ("GET", "/nothing"),
        ]:
            answer = await stranger.request(method, route, json={"query": "x"} if method == "POST" else None)
            assert (answer.status_code, "error" in answer.json()) == (401, True), route
        assert (await stranger.get("/health")).status_code == 200


async def test_while_starting_requests_are_told_when_to_come_back(tmp_path: Path) -> None:
    go = threading.Event()
    async with running_knowledge_base(tmp_path, ARTICLES, lambda: SlowEncoder(go), wait=False) as kb:
        try:
            health = await kb.client.get("/health")
            assert (health.status_code, health.json()["status"]) == (503, "starting")
            for route, body in [("/v1/search", {"query": "x"}), ("/v1/embed", {"texts": ["x"]})]:
                refused = await kb.client.post(route, json=body)
                assert refused.status_code == 503
                assert refused.json()["retry_after_s"] == int(refused.headers["retry-after"]) > 0
        finally:
            go.set()


async def test_a_slow_search_does_not_hold_up_others(tmp_path: Path) -> None:
    go = threading.Event()
    go.set()
    async with running_knowledge_base(tmp_path, ARTICLES, lambda: SlowEncoder(go)) as kb:
        go.clear()
        async with httpx.AsyncClient(base_url=kb.url, headers=dict(kb.client.headers), timeout=60) as other:
            slow = asyncio.create_task(other.post("/v1/search", json={"query": "not asked before"}))
            assert (await kb.client.get("/v1/articles/boot-care")).status_code == 200
            assert (await kb.client.get("/health")).status_code == 200
            assert not slow.done()
            go.set()
            assert (await slow).status_code == 200


async def test_metrics_count_what_happened(kb: RunningKnowledgeBase) -> None:
    await kb.client.post("/v1/search", json={"query": "zzz"})
    body = (await kb.client.get("/metrics")).text
    assert 'knowledge_base_requests_total{route="v1/search",status="200"} 1.0' in body
    assert 'knowledge_base_answers_total{answerable="false"} 1.0' in body
    assert "knowledge_base_articles 4.0" in body


async def test_a_query_that_cannot_be_kept_is_counted_and_still_answered(
    kb: RunningKnowledgeBase, caplog: pytest.LogCaptureFixture
) -> None:
    await kb.database.run(lambda connection: connection.execute(text("drop table queries")))
    assert (await kb.client.post("/v1/search", json={"query": "boots"})).status_code == 200
    await kb.database.run(lambda _connection: None)  # queries are kept after the answer, in order of submission
    assert "knowledge_base_unlogged_queries 1.0" in (await kb.client.get("/metrics")).text
    assert "could not be kept" in caplog.text


async def test_the_demo_is_loaded_once_into_an_empty_base(tmp_path: Path) -> None:
    demo = tmp_path / "demo"
    demo.mkdir()
    (demo / "hello.md").write_text("---\ntitle: Hello\nlanguage: en\n---\nHello there.\n", encoding="utf-8")
    settings = Settings(var=tmp_path, demo=True, demo_folder=demo)
    for _ in range(2):
        async with running_knowledge_base(tmp_path, settings=settings) as kb:
            health = (await kb.client.get("/health")).json()
            assert (health["articles"], health["passages"], health["pending"]) == (1, 1, 0)


@pytest.mark.parametrize("content", [None, "no front matter"])
async def test_a_demo_that_cannot_be_read_ends_the_start_in_a_sentence(tmp_path: Path, content: str | None) -> None:
    demo = tmp_path / "demo"
    if content is not None:
        demo.mkdir()
        (demo / "broken.md").write_text(content, encoding="utf-8")
    settings = Settings(var=tmp_path, demo=True, demo_folder=demo)
    with pytest.raises(CannotStartError, match="TANDEM_DEMO=0"):
        async with running_knowledge_base(tmp_path, settings=settings):
            pass
