"""Answers of agents proposed as articles, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, running_knowledge_base

KAYAK = {"question": "Do you rent kayaks?", "answer": "Yes, in every shop, for a day or a week."}


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


async def listed(kb: RunningKnowledgeBase, **query: str) -> list[dict[str, Any]]:
    answer = (await kb.client.get("/v1/proposals", params=query)).json()
    found: list[dict[str, Any]] = answer["proposals"]
    return found


async def test_a_proposal_is_kept_masked_and_becomes_a_draft(kb: RunningKnowledgeBase) -> None:
    sent = {**KAYAK, "answer": KAYAK["answer"] + " Write to ada@example.org.", "conversation_id": "con_1"}
    made = await kb.client.post("/v1/proposals", json=sent)
    assert made.status_code == 201
    proposal = made.json()["proposal"]
    assert (proposal["agent"], proposal["times"], proposal["state"]) == ("service", 1, "open")
    assert proposal["answer"].endswith("Write to [e-mail address].")
    assert await listed(kb) == [proposal]
    accepted = await kb.client.post(f"/v1/proposals/{proposal['id']}/accept")
    assert accepted.status_code == 201
    article = accepted.json()
    assert (article["title"], article["state"], article["body"]) == (KAYAK["question"], "draft", proposal["answer"])
    (found,) = await listed(kb, state="accepted")
    assert found["article_id"] == article["id"]
    again = await kb.client.post(f"/v1/proposals/{proposal['id']}/reject")
    assert (again.status_code, again.json()["field"]) == (409, "state")


async def test_the_same_proposal_again_is_counted(kb: RunningKnowledgeBase) -> None:
    await kb.client.post("/v1/proposals", json=KAYAK)
    again = await kb.client.post("/v1/proposals", json={"question": "do you rent kayaks", "answer": "Sure."})
    assert (again.status_code, again.json()["proposal"]["times"]) == (200, 2)
    (one,) = await listed(kb)
    assert one["answer"] == KAYAK["answer"]


async def test_what_an_article_answers_already_is_not_kept(kb: RunningKnowledgeBase) -> None:
    known = {"question": "How can I send something back", "answer": "Use the label."}
    answer = await kb.client.post("/v1/proposals", json=known)
    assert answer.status_code == 200
    assert answer.json()["proposal"] is None
    assert answer.json()["duplicate_of"]["article_id"] == "return-an-item"
    assert await listed(kb) == []


async def test_a_rejected_proposal_may_be_made_anew(kb: RunningKnowledgeBase) -> None:
    first = (await kb.client.post("/v1/proposals", json=KAYAK)).json()["proposal"]
    assert (await kb.client.post(f"/v1/proposals/{first['id']}/reject")).json()["state"] == "rejected"
    second = await kb.client.post("/v1/proposals", json=KAYAK)
    assert (second.status_code, second.json()["proposal"]["id"] > first["id"]) == (201, True)


async def test_a_gap_is_drafted_with_the_answer_an_agent_proposed(kb: RunningKnowledgeBase) -> None:
    await kb.client.post("/v1/proposals", json=KAYAK)
    await kb.client.post("/v1/search", json={"query": "do you rent kayaks"})
    await kb.base.gaps.settled()
    (gap,) = (await kb.client.get("/v1/gaps")).json()["gaps"]
    assert (await kb.client.post(f"/v1/gaps/{gap['id']}/draft")).json()["body"] == KAYAK["answer"]


async def test_proposals_are_listed_in_pages(kb: RunningKnowledgeBase) -> None:
    for topic in ("kayaks", "tents in winter", "used climbing ropes"):
        await kb.client.post("/v1/proposals", json={"question": topic, "answer": "Yes."})
    first = (await kb.client.get("/v1/proposals", params={"limit": "2"})).json()
    rest = (await kb.client.get("/v1/proposals", params={"limit": "2", "cursor": first["next_cursor"]})).json()
    questions = [one["question"] for one in first["proposals"] + rest["proposals"]]
    assert questions == ["used climbing ropes", "tents in winter", "kayaks"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("method", "route", "body", "status", "field"),
    [
        ("POST", "/v1/proposals", {"answer": "x"}, 400, "question"),
        ("POST", "/v1/proposals", {"question": "x", "answer": " "}, 400, "answer"),
        ("POST", "/v1/proposals", {"question": "x" * 301, "answer": "y"}, 413, "question"),
        ("POST", "/v1/proposals", {"question": "x", "answer": "y", "language": "klingon"}, 400, "language"),
        ("GET", "/v1/proposals?state=lost", None, 400, "state"),
        ("GET", "/v1/proposals?cursor=x", None, 400, "cursor"),
        ("POST", "/v1/proposals/7/accept", None, 404, None),
        ("POST", "/v1/proposals/x/reject", None, 404, None),
    ],
)
async def test_what_cannot_be_used_is_refused(
    kb: RunningKnowledgeBase, method: str, route: str, body: object, status: int, field: str | None
) -> None:
    answer = await kb.client.request(method, route, json=body)
    assert (answer.status_code, answer.json().get("field")) == (status, field)
