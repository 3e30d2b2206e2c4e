"""Questions as customers type them, over the wire: misspelt, shouted, without accents, and after another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.knowledge_base import (
    ARTICLES,
    HashingEncoder,
    RunningKnowledgeBase,
    an_article,
    running_knowledge_base,
)

DELIVERY = an_article(
    "delivery-time",
    "How long delivery takes",
    "A parcel takes two working days.\n",
    questions=["How long does delivery take?"],
)
ABROAD = an_article(
    "delivery-abroad",
    "How long delivery abroad takes",
    "A parcel abroad takes six working days.\n",
    questions=["How long does delivery take abroad?"],
)
RETURNS_ABROAD = an_article(
    "returns-abroad",
    "Sending back from abroad",
    "From abroad a return costs four euros.\n",
    questions=["Returns abroad?"],
)
REPAIRS_ABROAD = an_article(
    "repairs-abroad", "Repairs abroad", "Repair shops abroad mend what we sold.\n", questions=["Repairs abroad?"]
)


@pytest.fixture
async def kb(tmp_path: Path) -> AsyncIterator[RunningKnowledgeBase]:
    async with running_knowledge_base(
        tmp_path, [*ARTICLES, DELIVERY, ABROAD, RETURNS_ABROAD, REPAIRS_ABROAD], lambda: HashingEncoder(dimension=256)
    ) as running:
        yield running


async def search(kb: RunningKnowledgeBase, query: str, **more: Any) -> dict[str, Any]:
    answer = await kb.client.post("/v1/search", json={"query": query, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("query", "article_id"),
    [
        ("rub wacks into lether boots", "boot-care"),
        ("whne are you opne", "opening-hours"),
        ("HOW CAN I SEND SOMETHING BACK???", "return-an-item"),
        ("hw can i send smthing back pls", "return-an-item"),
        ("jak poslu zbozi zpatky", "return-an-item.cs"),
    ],
)
async def test_hasty_wording_finds_the_article(kb: RunningKnowledgeBase, query: str, article_id: str) -> None:
    assert (await search(kb, query))["hits"][0]["article_id"] == article_id


async def test_a_mistake_costs_little_confidence(kb: RunningKnowledgeBase) -> None:
    right, wrong = (
        await search(kb, "How can I send something back?"),
        await search(kb, "How can I sned somethign back?"),
    )
    assert right["answerable"]
    assert wrong["confidence"] > right["confidence"] - 0.15


@pytest.mark.parametrize(
    "message",
    [
        "My order is 48213377. We were away for a week and only came back yesterday. How can I send something back?",
        "How can I send something back, order 48213377, jana@example.com",
        "Good morning, dear people.\nHow can I sned somethign back?\nMany greetings from Jana Novak, Brno",
    ],
)
async def test_a_question_is_found_in_a_longer_message(kb: RunningKnowledgeBase, message: str) -> None:
    found = await search(kb, message)
    assert found["answerable"]
    assert found["hits"][0]["article_id"] == "return-an-item"


async def test_a_sentence_counts_only_if_the_whole_message_finds_its_article_too(kb: RunningKnowledgeBase) -> None:
    """What is said by the way finds an article of its own, and nobody asked for that."""
    aside = "A parcel takes two working days."
    asked = (
        "The returns and repairs abroad of returns and repairs abroad, for zebra and lion, in summer and in winter, "
        "from abroad to abroad of all."
    )
    assert (await search(kb, aside))["answerable"]
    found = await search(kb, f"{asked} {aside}")
    assert not found["answerable"]
    assert found["hits"][0]["article_id"] != "delivery-time"


@pytest.mark.parametrize("limit", [1, 5])
async def test_the_number_of_hits_wanted_changes_no_answer(kb: RunningKnowledgeBase, limit: int) -> None:
    message = "My order is 48213377. We were away for a week. How can I send something back?"
    found = await search(kb, message, limit=limit)
    assert (found["answerable"], found["hits"][0]["article_id"]) == (True, "return-an-item")
    assert len(found["hits"]) <= limit


async def test_a_follow_up_is_about_the_question_before_it(kb: RunningKnowledgeBase) -> None:
    alone = await search(kb, "and abroad?")
    after = await search(kb, "and abroad?", previous="How long does delivery take?")
    assert not alone["answerable"]
    assert after["answerable"]
    assert after["hits"][0]["article_id"] == "delivery-abroad"


REPLIES = [
    ("thanks", "en"),
    ("Ok, thank you very much!", "en"),
    ("děkuji moc", "cs"),
    ("ačiū labai", "lt"),
    ("Vielen Dank, super", "de"),
]


@pytest.mark.parametrize(("reply", "language"), REPLIES)
async def test_a_reply_is_not_answered_with_the_answer_before_it(
    kb: RunningKnowledgeBase, reply: str, language: str
) -> None:
    found = await search(kb, reply, previous="How long does delivery take?", language=language)
    assert not found["answerable"]


async def test_a_question_that_has_an_answer_is_asked_alone(kb: RunningKnowledgeBase) -> None:
    query = "How can I send something back?"
    alone, after = await search(kb, query), await search(kb, query, previous="How long does delivery take?")
    assert alone["answerable"]
    assert (alone["hits"], alone["confidence"]) == (after["hits"], after["confidence"])


async def test_a_follow_up_that_still_has_no_answer_gets_none(kb: RunningKnowledgeBase) -> None:
    assert not (await search(kb, "and on the moon with a zebra?", previous="xylophone lessons in winter"))["answerable"]


@pytest.mark.parametrize("query", ["???", "12345678", "🎒🎒", "a" * 4_000, "\u200b", "asdf qwer zxcv uiop hjkl vbnm"])
async def test_nonsense_is_not_answered(kb: RunningKnowledgeBase, query: str) -> None:
    assert not (await search(kb, query, previous="\u202e"))["answerable"]
