"""A customer who was erased: their questions go, and gaps stay in the words of others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.knowledge_base.test_gaps import ask, gaps
from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, running_knowledge_base


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(tmp_path, ARTICLES) as running:
        yield running


async def test_a_gap_stays_in_the_words_of_others_and_goes_with_the_last(kb: RunningKnowledgeBase) -> None:
    theirs = await ask(kb, "rent a kayak for my son Zbyněk")
    assert len(await gaps(kb)) == 1  # it has its gap, and its name
    others = await ask(kb, "rent a kayak for my son")
    (gap,) = await gaps(kb)
    assert (gap["question"], gap["count"]) == ("rent a kayak for my son Zbyněk", 2)
    gone = (await kb.client.post("/v1/forget", json={"query_ids": theirs})).json()
    assert gone == {"queries": 1, "proposals": 0, "gaps": 0}
    (gap,) = await gaps(kb)
    assert (gap["question"], gap["count"]) == ("rent a kayak for my son", 1)
    assert "Zbyněk" not in str(gap)
    gone = (await kb.client.post("/v1/forget", json={"query_ids": theirs})).json()  # sent again
    assert gone == {"queries": 0, "proposals": 0, "gaps": 0}
    gone = (await kb.client.post("/v1/forget", json={"query_ids": others})).json()
    assert gone == {"queries": 1, "proposals": 0, "gaps": 1}
    assert await gaps(kb) == []
    await ask(kb, "rent a kayak")  # asked anew, it is a gap anew
    assert [gap["question"] for gap in await gaps(kb)] == ["rent a kayak"]


async def test_what_was_proposed_in_the_conversation_goes(kb: RunningKnowledgeBase) -> None:
    for conversation_id, question in (("con_1", "Do you rent kayaks?"), ("con_2", "Do you mend tents?")):
        body = {"question": question, "answer": "No.", "conversation_id": conversation_id}
        assert (await kb.client.post("/v1/proposals", json=body)).status_code == 201
    gone = (await kb.client.post("/v1/forget", json={"query_ids": [], "conversation_id": "con_1"})).json()
    assert gone == {"queries": 0, "proposals": 1, "gaps": 0}
    left = (await kb.client.get("/v1/proposals")).json()["proposals"]
    assert [proposal["question"] for proposal in left] == ["Do you mend tents?"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"query_ids": "x"}, 400), ({"query_ids": [1]}, 400), ({"query_ids": ["x"] * 501}, 413)],
)
async def test_a_bad_order_is_named(kb: RunningKnowledgeBase, body: dict[str, object], status: int) -> None:
    answer = await kb.client.post("/v1/forget", json=body)
    assert answer.status_code == status
    assert "query_ids" in answer.text
