"""What a change would do to answers, said before it is made: over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge_base.search.overlay_vectors import OverlayVectors
from knowledge_base.search.vector_index import FaissIndex
from knowledge_base.text.similarity import normalised
from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, running_knowledge_base

HOURS = "When are you open?"


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


async def diff(kb: RunningKnowledgeBase, article_id: str, body: object = None, **query: str) -> dict[str, Any]:
    answer = await kb.client.post(f"/v1/articles/{article_id}/answer-diff", json=body or {}, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def known(kb: RunningKnowledgeBase, generation: int) -> None:
    async with asyncio.timeout(60):
        while (await kb.client.get("/health")).json()["generation"] < generation:
            pass  # each look is a request, so others get their turn


async def first(kb: RunningKnowledgeBase, query: str) -> tuple[str, bool]:
    found = (await kb.client.post("/v1/search", json={"query": query, "trial": True})).json()
    return (found["hits"][0]["article_id"] if found["hits"] else ""), found["answerable"]


async def test_a_draft_that_takes_a_question_over_is_told_before_the_click(kb: RunningKnowledgeBase) -> None:
    rival = {"title": "When are you open on holidays", "questions": [HOURS, "open when"], "body": "Never on holidays."}
    made = (await kb.client.post("/v1/articles", json={**rival, "id": "a-holidays"})).json()
    before = await first(kb, HOURS)
    told = await diff(kb, made["id"])
    assert before == ("opening-hours", True)
    assert await first(kb, HOURS) == before, "asking changes nothing"
    changed = {change["question"]: change for change in told["changes"]}
    published = (await kb.client.post(f"/v1/articles/{made['id']}/publish", json={})).json()
    await known(kb, published["generation"])
    assert await first(kb, HOURS) != before, "a rival with the same question changes something"
    after = changed[HOURS]["after"]
    assert (after["article_id"], after["answerable"]) == await first(kb, HOURS), "what was told came to be"
    assert changed[HOURS]["before"]["article_id"] == "opening-hours"
    assert (told["truncated"], told["asked"]) == (False, told["known"])


async def test_taking_an_article_out_tells_which_questions_lose_their_answer(kb: RunningKnowledgeBase) -> None:
    golden = {"golden": [{"question": HOURS, "article_id": "opening-hours", "language": "en"}]}
    assert (await kb.client.put("/v1/golden", json=golden)).status_code == 200
    kept = (await kb.client.get("/v1/golden")).json()["golden"]
    assert kept == [golden["golden"][0] | {"title": "Opening hours", "state": "published"}]
    told = await diff(kb, "opening-hours", action="archive")
    change = told["changes"][0]
    assert (change["question"], change["source"], change["breaks"]) == (HOURS, "golden", True)
    assert change["before"]["article_id"] == change["expected"] == "opening-hours"
    assert change["after"] is None or change["after"]["article_id"] != "opening-hours"
    assert told["golden"] == {"asked": 1, "right": 1, "right_then": 0}
    assert await first(kb, HOURS) == ("opening-hours", True)


async def test_two_editors_change_the_golden_set_and_nothing_is_lost(kb: RunningKnowledgeBase) -> None:
    empty = (await kb.client.get("/v1/golden")).json()
    one, other = {"question": HOURS, "article_id": "opening-hours"}, {"question": "rent a kayak", "article_id": None}
    early = await kb.client.put("/v1/golden", json=empty | {"golden": [one]})
    assert early.json()["revision"] != empty["revision"]
    late = await kb.client.put("/v1/golden", json=empty | {"golden": [other]})
    assert (late.status_code, late.json()["field"]) == (409, "revision")
    both = await kb.client.put("/v1/golden", json=early.json() | {"golden": [one, other]})
    assert [entry["question"] for entry in both.json()["golden"]] == [HOURS, "rent a kayak"]
    blind = await kb.client.put("/v1/golden", json={"golden": [other]})
    assert blind.status_code == 200, "without a revision whatever is there is replaced"


async def test_a_golden_article_that_is_gone_or_a_draft_is_said_so(kb: RunningKnowledgeBase) -> None:
    wanted = [{"question": name, "article_id": name} for name in ("boot-care", "secret-sale", "nothing")]
    await kb.client.put("/v1/golden", json={"golden": wanted})
    await kb.client.delete("/v1/articles/boot-care")
    kept = (await kb.client.get("/v1/golden")).json()["golden"]
    assert [(one["article_id"], one["title"], one["state"]) for one in kept] == [
        ("boot-care", None, None),
        ("secret-sale", "Secret sale", "draft"),
        ("nothing", None, None),
    ]


async def test_the_golden_set_is_counted_also_where_nothing_changes(kb: RunningKnowledgeBase) -> None:
    wanted = [
        {"question": HOURS, "article_id": "opening-hours"},
        {"question": "rent a kayak", "article_id": None},
        {"question": "wax for leather boots", "article_id": "opening-hours"},
    ]
    await kb.client.put("/v1/golden", json={"golden": wanted})
    told = await diff(kb, "boot-care")
    assert (told["golden"], told["changes"]) == ({"asked": 3, "right": 2, "right_then": 2}, [])


async def test_a_golden_question_in_any_language_is_asked_once(kb: RunningKnowledgeBase) -> None:
    await kb.client.put("/v1/golden", json={"golden": [{"question": HOURS, "article_id": "opening-hours"}]})
    told = await diff(kb, "opening-hours", action="archive")
    assert [change["source"] for change in told["changes"] if change["question"] == HOURS] == ["golden"]


async def test_what_customers_asked_is_asked_again_and_what_failed_is_not(kb: RunningKnowledgeBase) -> None:
    for query in (HOURS.upper(), "rent a kayak"):
        await kb.client.post("/v1/search", json={"query": query})
    await kb.database.run(lambda _connection: None)  # queries are kept after the answer, in order of submission
    told = await diff(kb, "opening-hours", action="archive")
    asked = {change["question"]: change["source"] for change in told["changes"]}
    assert "rent a kayak" not in asked
    assert asked[HOURS.upper()] == "asked", "a question asked by customers goes before the same in an article"


async def test_publishing_what_is_live_changes_nothing(kb: RunningKnowledgeBase) -> None:
    told = await diff(kb, "boot-care")
    assert told["changes"] == []
    assert told["known"] >= 3


async def test_a_new_text_of_the_same_article_is_told_as_such(kb: RunningKnowledgeBase) -> None:
    change = {"version": 1, "body": "We open at ten in the morning."}
    await kb.client.put("/v1/articles/opening-hours", json=change)
    told = await diff(kb, "opening-hours", {"version": 2})
    (only,) = [one for one in told["changes"] if one["question"] == HOURS]
    assert only["before"]["article_id"] == only["after"]["article_id"] == "opening-hours"
    assert only["after"]["passage"] == "We open at ten in the morning."


@pytest.mark.parametrize(
    ("method", "route", "body", "status", "field"),
    [
        ("POST", "/v1/articles/nothing/answer-diff", {}, 404, None),
        ("POST", "/v1/articles/boot-care/answer-diff", {"version": 9}, 404, None),
        ("POST", "/v1/articles/boot-care/answer-diff", {"version": "x"}, 400, "version"),
        ("POST", "/v1/articles/boot-care/answer-diff?action=burn", {}, 400, "action"),
        ("PUT", "/v1/golden", {"golden": {}}, 400, "golden"),
        ("PUT", "/v1/golden", {"golden": [{"question": " "}]}, 400, "golden[0].question"),
        ("PUT", "/v1/golden", {"golden": [{"question": "x"}] * 501}, 413, "golden"),
        ("PUT", "/v1/golden", {"golden": [{"question": "A b"}, {"question": "a  B"}]}, 400, "golden[1].question"),
        ("PUT", "/v1/golden", {"golden": [], "revision": 1}, 400, "revision"),
    ],
)
async def test_what_cannot_be_used_is_refused(
    kb: RunningKnowledgeBase, method: str, route: str, body: object, status: int, field: str | None
) -> None:
    answer = await kb.client.request(method, route, json=body)
    assert (answer.status_code, answer.json().get("field")) == (status, field)


@given(st.integers(0, 2**16), st.integers(0, 12), st.integers(0, 5), st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_an_overlay_answers_like_an_index_with_the_change(seed: int, below: int, own: int, limit: int) -> None:
    random = np.random.default_rng(seed)
    rows = normalised(random.normal(size=(below + own, 8)).astype(np.float32))
    hidden = [unit_id for unit_id in range(below) if random.random() < 0.4]
    index, wanted = FaissIndex(8), FaissIndex(8)
    index.add(list(range(below)), rows[:below])
    overlay = OverlayVectors(index, hidden, {100 + n: rows[below + n] for n in range(own)})
    kept = [unit_id for unit_id in range(below) if unit_id not in hidden]
    wanted.add(kept, rows[kept])
    wanted.add([100 + n for n in range(own)], rows[below : below + own])
    query = normalised(random.normal(size=8).astype(np.float32))
    ids, cosines = overlay.search(query, limit)
    expected_ids, expected = wanted.search(query, limit)
    assert ids.tolist() == expected_ids.tolist()
    np.testing.assert_allclose(cosines, expected, atol=1e-5)
    assert overlay.ids == wanted.ids
    assert len(overlay) == len(wanted)
    every = sorted(wanted.ids)
    np.testing.assert_allclose(overlay.vectors_of(every), wanted.vectors_of(every), atol=1e-6)
    assert len(index) == below, "the index below stays as it is"
