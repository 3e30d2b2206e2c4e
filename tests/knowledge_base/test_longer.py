"""Measuring questions inside longer messages, in small."""

from __future__ import annotations

import random

import pytest

from knowledge_base.articles.articles import Content, NewArticle
from knowledge_base.evaluation.datasets import LabelledQuestion, LabelledSet
from knowledge_base.evaluation.longer import AFTER, BEFORE, FEWEST, Given, Row, longer, markdown, measure
from knowledge_base.search.confidence import load_confidence
from tests.support.knowledge_base import HashingEncoder

THINGS = [
    "kettle",
    "tent",
    "stove",
    "rope",
    "lamp",
    "boots",
    "jacket",
    "axe",
    "sled",
    "canoe",
    "paddle",
    "helmet",
    "gloves",
    "scarf",
    "whistle",
    "compass",
    "hammock",
    "lantern",
    "shovel",
    "snorkel",
]


def a_set() -> LabelledSet:
    articles = tuple(
        NewArticle(f"a-{thing}", Content(f"Caring for your {thing}", f"Clean the {thing} with a brush.\n", "en"))
        for thing in THINGS
    )
    questions = tuple(
        LabelledQuestion(f"how do I care for the {thing}", frozenset({f"a-{thing}"}), "routine", "dev")
        for thing in THINGS
    )
    return LabelledSet("things", articles, questions, holds_unanswerable=False)


def test_a_row_tells_questions_alone_from_those_in_longer_messages() -> None:
    assert len(THINGS) == FEWEST
    (row,) = measure([a_set()], load_confidence(), HashingEncoder(dimension=256), None)
    assert (row.name, row.language, row.questions) == ("things", "en", len(THINGS))
    assert row.alone.right > 0.5
    assert row.served.right >= row.whole.right
    assert "| things | en | 20 |" in markdown([row])


@pytest.mark.parametrize("language", sorted(BEFORE))
def test_a_longer_message_holds_the_question_whole(language: str) -> None:
    draw = random.Random(1)  # noqa: S311 - a reproducible sample
    made = [longer("is it warm?", language, draw) for _ in range(50)]
    assert all("is it warm?" in message and len(message) > len("is it warm?") for message in made)
    assert {message.startswith("is it") for message in made} == {True, False}
    assert BEFORE.keys() == AFTER.keys()


def test_the_last_line_has_the_means() -> None:
    rows = [
        Row(name, "en", 1, Given(right, 0.0), Given(0.0, 0.0), Given(1.0, 0.1)) for name, right in (("a", 0), ("b", 1))
    ]
    assert markdown(rows).splitlines()[-1] == "| mean |  |  | 0.500 · 0.000 | 0.000 · 0.000 | 1.000 · 0.100 |"
    assert "No set" in markdown([])
