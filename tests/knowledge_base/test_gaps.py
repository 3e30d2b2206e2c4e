"""The gap loop over a real socket: from a question without an answer to the article that closes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from sqlalchemy import text

from knowledge_base.gaps import gap_loop
from knowledge_base.gaps.gap_loop import GapLoop
from knowledge_base.search.question import Answer
from knowledge_base.settings import Settings
from knowledge_base.store.database import Database
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import ARTICLES, NOW, RunningKnowledgeBase, running_knowledge_base

MINUTES = 6.0
DEADLINE_S = 60  # on a machine that does other things


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


async def ask(kb: RunningKnowledgeBase, *questions: str, **more: Any) -> list[str]:
    """Search, and return the ids of the queries."""
    answers = [(await kb.client.post("/v1/search", json={"query": query, **more})).json() for query in questions]
    return [answer["query_id"] for answer in answers]


async def known(kb: RunningKnowledgeBase, generation: int) -> None:
    """Wait until search knows a generation."""
    async with asyncio.timeout(DEADLINE_S):
        while (await kb.client.get("/health")).json()["generation"] < generation:
            pass  # each look is a request, so others get their turn


async def settled(kb: RunningKnowledgeBase) -> None:
    """Wait until every failed question has its gap and was asked again."""
    async with asyncio.timeout(DEADLINE_S):
        await kb.base.gaps.settled()


async def gaps(kb: RunningKnowledgeBase, **query: str) -> list[dict[str, Any]]:
    """Return the gaps once every failed question has found its own."""
    await settled(kb)
    answer = (await kb.client.get("/v1/gaps", params=query)).json()
    assert answer["unsorted"] == 0
    found: list[dict[str, Any]] = answer["gaps"]
    return found


async def test_unanswered_questions_of_one_meaning_are_one_gap(kb: RunningKnowledgeBase) -> None:
    await ask(kb, "rent a kayak", "rent a kayak please", "Rent a kayak?", "gift voucher validity")
    first, second = await gaps(kb)
    assert (first["count"], second["count"]) == (3, 1)
    assert first["question"].lower().strip("?") == "rent a kayak"
    assert first["examples"] == ["rent a kayak please"]
    assert first["reasons"] == {"unanswered": 3, "thumbs_down": 0, "handed_off": 0}
    assert (first["cost_minutes"], first["state"], first["language"]) == (3 * MINUTES, "open", "en")
    assert second["question"] == "gift voucher validity"


async def test_answers_small_talk_and_trials_make_no_gap(kb: RunningKnowledgeBase) -> None:
    await ask(kb, "When are you open?", "hello there", "asdfgh")
    await ask(kb, "rent a kayak", trial=True)
    assert await gaps(kb) == []


async def test_what_colleagues_search_for_is_no_gap(kb: RunningKnowledgeBase) -> None:
    claims = {"sub": "a1", "name": "Ada", "roles": ["agent"], "exp": datetime.now(UTC) + timedelta(seconds=30)}
    header = {"X-Tandem-Account": jwt.encode(claims, kb.token, "HS256")}
    found = await kb.client.post("/v1/search", json={"query": "rent a kayak"}, headers=header)
    assert found.status_code == 200
    assert await gaps(kb) == []


async def test_a_thumb_down_and_a_handoff_are_failures_too(kb: RunningKnowledgeBase) -> None:
    rated, passed_on = await ask(kb, "When are you open?", "How can I send something back?")
    assert await gaps(kb) == []
    for _ in range(2):  # the gateway may tell it twice
        await kb.client.post("/v1/feedback", json={"query_id": rated, "helpful": False})
    told = {"query_id": passed_on, "outcome": "handed_off", "reason": "repeated_question"}
    assert (await kb.client.post("/v1/feedback", json=told)).json() == {"feedback_id": None}
    found = {gap["question"]: gap for gap in await gaps(kb)}
    assert found["When are you open?"]["reasons"] == {"unanswered": 0, "thumbs_down": 1, "handed_off": 0}
    assert found["When are you open?"]["nearest"]["article_id"] == "opening-hours"
    assert found["How can I send something back?"]["reasons"]["handed_off"] == 1
    rows = await kb.database.run(lambda connection: connection.execute(text("select * from feedback")).all())
    assert len(rows) == 1


async def test_a_handoff_the_customer_asked_for_says_nothing_about_the_base(kb: RunningKnowledgeBase) -> None:
    (query_id,) = await ask(kb, "When are you open?")
    told = {"query_id": query_id, "outcome": "handed_off", "reason": "customer_request"}
    assert (await kb.client.post("/v1/feedback", json=told)).status_code == 200
    assert await gaps(kb) == []


async def test_a_verdict_taken_back_is_no_failure_in_that_way(kb: RunningKnowledgeBase) -> None:
    (query_id,) = await ask(kb, "rent a kayak")
    for helpful in (False, True):
        await kb.client.post("/v1/feedback", json={"query_id": query_id, "helpful": helpful})
    (gap,) = await gaps(kb)
    assert gap["reasons"] == {"unanswered": 1, "thumbs_down": 0, "handed_off": 0}


async def test_measured_minutes_take_the_place_of_the_setting(kb: RunningKnowledgeBase) -> None:
    kayak = await ask(kb, "rent a kayak", "rent a kayak please")
    await ask(kb, "gift voucher validity", "gift voucher validity?", "validity gift voucher")
    for query_id in kayak:
        told = await kb.client.post("/v1/gaps/minutes", json={"query_id": query_id, "minutes": 20})
        assert told.status_code == 200
    await kb.client.post("/v1/gaps/minutes", json={"query_id": kayak[0], "minutes": 90})  # the first report counts
    assert [(gap["count"], gap["cost_minutes"]) for gap in await gaps(kb)] == [(2, 40.0), (3, 3 * MINUTES)]


async def test_a_draft_is_made_with_one_click_and_publishing_it_closes_the_gap(kb: RunningKnowledgeBase) -> None:
    await ask(kb, "rent a kayak")
    await settled(kb)  # on a clock that stands still, only that makes it the first
    await ask(kb, "rent a kayak please", "kayak rent a day")
    (gap,) = await gaps(kb)
    made = await kb.client.post(f"/v1/gaps/{gap['id']}/draft")
    assert made.status_code == 201
    article = made.json()
    assert (article["title"], article["state"], article["language"]) == ("rent a kayak", "draft", "en")
    assert sorted(article["questions"]) == ["kayak rent a day", "rent a kayak please"]
    again = (await kb.client.post(f"/v1/gaps/{gap['id']}/draft")).json()
    assert again["id"] == article["id"]
    (drafted,) = await gaps(kb, state="drafted")
    assert (drafted["draft_article_id"], drafted["asked_again"]) == (article["id"], 0)

    change = {"version": 1, "body": "You can rent a kayak for a day in every shop.", "state": "published"}
    published = await kb.client.put(f"/v1/articles/{article['id']}", json=change)
    assert published.status_code == 200
    await known(kb, published.json()["generation"])
    assert await gaps(kb, state="drafted") == []
    (closed,) = await gaps(kb, state="closed")
    assert (closed["id"], closed["asked_again"], closed["answered_now"]) == (gap["id"], 3, 3)


async def test_a_publish_that_answers_some_says_how_many(kb: RunningKnowledgeBase) -> None:
    await ask(kb, "rent a kayak", "rent a blue tandem kayak for the whole family and our very large dog")
    await settled(kb)
    # One gap out of the two, as a coarser encoder would have seen it.
    await kb.database.run(lambda connection: connection.execute(text("update failed_questions set gap_id = 1")))
    new = {"title": "rent a kayak", "body": "In every shop.", "state": "published"}
    generation = (await kb.client.post("/v1/articles", json=new)).json()["generation"]
    await known(kb, generation)
    (gap,) = await gaps(kb)
    assert (gap["asked_again"], gap["answered_now"], gap["state"]) == (2, 1, "open")


async def test_a_question_rated_unhelpful_counts_as_answered_only_once_its_article_changed(
    kb: RunningKnowledgeBase,
) -> None:
    (query_id,) = await ask(kb, "When are you open?")
    await kb.client.post("/v1/feedback", json={"query_id": query_id, "helpful": False})
    new = {"title": "Leather polish", "body": "We sell leather polish.", "state": "published"}
    generation = (await kb.client.post("/v1/articles", json=new)).json()["generation"]
    await known(kb, generation)
    (gap,) = await gaps(kb)
    assert (gap["asked_again"], gap["answered_now"]) == (1, 0)


async def test_a_closed_gap_that_fails_again_is_open_again_and_a_dismissed_one_stays_quiet(
    kb: RunningKnowledgeBase,
) -> None:
    await ask(kb, "rent a kayak")
    (gap,) = await gaps(kb)
    for state, then in (("closed", "open"), ("dismissed", "dismissed")):
        change = text("update gaps set state = :state").bindparams(state=state)
        await kb.database.run(lambda connection, change=change: connection.execute(change))
        await ask(kb, "rent a kayak please")
        (found,) = await gaps(kb, state=then)
        assert found["id"] == gap["id"]


async def test_gaps_are_dismissed_and_taken_up_again(kb: RunningKnowledgeBase) -> None:
    await ask(kb, "rent a kayak")
    (gap,) = await gaps(kb)
    address = f"/v1/gaps/{gap['id']}"
    assert (await kb.client.post(f"{address}/dismiss")).json()["state"] == "dismissed"
    refused = await kb.client.post(f"{address}/draft")
    assert (refused.status_code, refused.json()["field"]) == (409, "state")
    assert (await kb.client.post(f"{address}/reopen")).json()["state"] == "open"
    assert (await kb.client.get(address)).json()["id"] == gap["id"]


@pytest.mark.parametrize(
    ("method", "route", "body", "status", "field"),
    [
        ("GET", "/v1/gaps?state=lost", None, 400, "state"),
        ("GET", "/v1/gaps?limit=0", None, 400, "limit"),
        ("GET", "/v1/gaps/99", None, 404, None),
        ("GET", "/v1/gaps/x", None, 404, None),
        ("GET", f"/v1/gaps/{'9' * 30}", None, 404, None),
        ("POST", "/v1/gaps/99/draft", None, 404, None),
        ("POST", "/v1/gaps/99/dismiss", None, 404, None),
        ("POST", "/v1/gaps/minutes", {"minutes": 3}, 400, "query_id"),
        ("POST", "/v1/gaps/minutes", {"query_id": "x", "minutes": "3"}, 400, "minutes"),
        ("POST", "/v1/gaps/minutes", {"query_id": "x", "minutes": -1}, 400, "minutes"),
        ("POST", "/v1/gaps/minutes", {"query_id": "x", "minutes": 3}, 404, None),
        ("POST", "/v1/feedback", {"query_id": "x", "outcome": "lost"}, 400, "outcome"),
        ("POST", "/v1/feedback", {"article_id": "x", "outcome": "handed_off"}, 400, "query_id"),
        ("POST", "/v1/feedback", {"query_id": "x", "outcome": "handed_off"}, 404, None),
        ("POST", "/v1/search", {"query": "x", "trial": "yes"}, 400, "trial"),
    ],
)
async def test_what_cannot_be_used_is_refused(
    kb: RunningKnowledgeBase, method: str, route: str, body: object, status: int, field: str | None
) -> None:
    answer = await kb.client.request(method, route, json=body)
    assert (answer.status_code, answer.json().get("field")) == (status, field)


async def test_what_is_kept_of_a_question_is_masked(kb: RunningKnowledgeBase) -> None:
    await ask(kb, "kayak paid with card 4111 1111 1111 1111, mail me at ada@example.org")
    (gap,) = await gaps(kb)
    assert gap["question"] == "kayak paid with card [card number], mail me at [e-mail address]"
    row = await kb.database.run(lambda connection: connection.execute(text("select text from queries")).scalar_one())
    assert "4111" not in row
    assert "ada@" not in row


async def test_the_gaps_survive_a_restart_and_another_encoder(tmp_path: Path) -> None:
    from tests.support.knowledge_base import HashingEncoder

    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        await ask(kb, "rent a kayak")
        (gap,) = await gaps(kb)
    async with running_knowledge_base(tmp_path, (), lambda: HashingEncoder(96, "wider")) as kb:
        await ask(kb, "rent a kayak please")
        (found,) = await gaps(kb)
        assert (found["id"], found["count"]) == (gap["id"], 2)


async def test_the_setting_says_what_a_question_costs(tmp_path: Path) -> None:
    settings = Settings.from_env({"TANDEM_AGENT_MINUTES": "9.5", "TANDEM_VAR": str(tmp_path), "TANDEM_DEMO": "0"})
    async with running_knowledge_base(tmp_path, ARTICLES, settings=settings) as kb:
        await ask(kb, "rent a kayak")
        (gap,) = await gaps(kb)
        assert gap["cost_minutes"] == 9.5


class Idle:
    """Search in which nothing happens."""

    generation = 0

    def meaning_encoder(self, *_: object) -> str:
        return "none"

    async def meanings(self, *_: object) -> Vectors:
        raise AssertionError("nothing is there to be compared")

    async def ask(self, *_: object) -> list[Answer]:
        raise AssertionError("nothing is there to be asked")


async def test_work_that_comes_at_the_moment_of_the_stop_does_not_hold_it_up(tmp_path: Path) -> None:
    database = Database(tmp_path / "knowledge.db")
    loop = GapLoop(database, Idle(), lambda: NOW)
    loop.start()
    await loop.settled()
    for _ in range(3):
        await asyncio.sleep(0)  # until it waits for work
    loop.wake()
    async with asyncio.timeout(DEADLINE_S):
        await loop.close()
    database.close()


class Failing(Idle):
    """Search whose model fails at the first attempt."""

    failures = 1

    def meaning_encoder(self, *_: object) -> str:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the model failed")
        return "none"


async def test_a_failure_nobody_foresaw_does_not_end_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gap_loop, "RETRY_S", 0.01)
    database, asker = Database(tmp_path / "knowledge.db"), Failing()
    loop = GapLoop(database, asker, lambda: NOW)
    loop.start()
    async with asyncio.timeout(DEADLINE_S):
        await loop.settled()
    assert asker.failures == 0
    await loop.close()
    database.close()
