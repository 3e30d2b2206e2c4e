"""Requests nobody sends by accident: each gets the answer a plain mistake would get, on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge_base.settings import Settings
from tests.support import postgres
from tests.support.knowledge_base import RunningKnowledgeBase, running_knowledge_base

ARTICLE = "/v1/articles/{name}"
NAMED = (
    ("GET", ARTICLE),
    ("PUT", ARTICLE),
    ("DELETE", f"{ARTICLE}?version=1"),
    ("POST", f"{ARTICLE}/publish"),
    ("POST", f"{ARTICLE}/archive"),
    ("POST", f"{ARTICLE}/rollback"),
    ("GET", f"{ARTICLE}/versions"),
    ("GET", f"{ARTICLE}/versions/1"),
    ("GET", f"{ARTICLE}/diff"),
    ("POST", f"{ARTICLE}/answer-diff"),
    ("POST", f"{ARTICLE}/check"),
    ("POST", "/v1/warnings/{name}/dismiss"),
    ("POST", "/v1/gaps/{name}/draft"),
    ("POST", "/v1/proposals/{name}/accept"),
)
FILTERS = (
    "/v1/articles?q=",
    "/v1/articles?tag=",
    "/v1/articles?cursor=",
    "/v1/articles?language=",
    "/v1/audit?article_id=",
)


@pytest.fixture(params=postgres.BOTH)
async def kb(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    """A knowledge base over each kind of database: what one stores the other may refuse."""
    url = None if request.param == "sqlite" else postgres.empty_database()
    settings = Settings(var=tmp_path, demo=False, port=0, database_url=url)
    async with running_knowledge_base(tmp_path, settings=settings) as running:
        yield running


async def test_what_no_id_can_be_names_nothing(kb: RunningKnowledgeBase) -> None:
    answers = {}
    for method, path in NAMED:
        for name in ("%00", "a%00b", "%ED%A0%80", "x" * 3000):
            body = None if method in {"GET", "DELETE"} else {"version": 1}
            answer = await kb.client.request(method, path.format(name=name), json=body)
            answers[method, path, name[:20]] = answer.status_code
    assert {key: code for key, code in answers.items() if code != 404} == {}


async def test_a_filter_that_no_text_can_fulfil_is_named(kb: RunningKnowledgeBase) -> None:
    for path in FILTERS:
        answer = await kb.client.get(f"{path}%00")
        assert (answer.status_code, answer.json()["field"]) == (400, path.partition("?")[2].rstrip("="))


async def test_ids_in_a_body_that_no_database_holds_are_refused(kb: RunningKnowledgeBase) -> None:
    for body in ({"query_id": "\x00", "helpful": True}, {"article_id": "a\x00", "helpful": True}):
        assert (await kb.client.post("/v1/feedback", json=body)).status_code in {400, 404}
    answer = await kb.client.post("/v1/forget", json={"query_ids": ["\x00"], "conversation_id": "\x00"})
    assert answer.status_code in {200, 400}
