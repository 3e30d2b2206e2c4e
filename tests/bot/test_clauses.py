"""Clauses, features and similarity: pure functions of a text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.clauses import LONGEST, MAX_CLAUSES, MAX_LETTERS, clauses
from bot.escalation.signals import FEATURE_NAMES, features, fold, has_words, shouted
from bot.escalation.similarity import cosine, overlap, pack, same_numbers

VECTORS = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda v: max(map(abs, v)) > 0.1)


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("My card was refused, put me through to someone", "put me through to someone"),
        ("I tried twice. Let me talk to a person!", "Let me talk to a person"),
        ("the zip broke and I want to speak to a manager", "and I want to speak to a manager"),
        ("nefunguje to, chci člověka", "chci člověka"),
        ("neveikia; sujunkite su žmogumi", "sujunkite su žmogumi"),
    ],
)
def test_a_request_inside_a_longer_message_is_a_clause_of_its_own(text: str, clause: str) -> None:
    assert clause in clauses(text)


@given(st.text())
def test_clauses_are_pieces_of_the_text_and_few(text: str) -> None:
    found = clauses(text)
    assert len(found) <= MAX_CLAUSES
    assert sum(map(len, found)) <= MAX_LETTERS
    assert len(set(found)) == len(found)
    assert all(clause in text and clause != text.strip() for clause in found)


@pytest.mark.parametrize("part", ["the pump leaks and so on, ", "no stop no comma no end ", "日本語の文章、", "x"])
def test_of_a_message_of_64_kib_the_start_and_the_end_are_clauses(part: str) -> None:
    text = "first I want a person! " + part * (65_536 // len(part)) + "! thanks, get me your manager"
    found = clauses(text)
    assert {"first I want a person", "get me your manager"} <= set(found)
    assert len(found) <= MAX_CLAUSES
    assert sum(map(len, found)) <= MAX_LETTERS
    assert max(map(len, found)) <= LONGEST
    assert all(clause in text for clause in found)


@given(st.text(max_size=500))
def test_features_are_finite_numbers_of_fixed_length(text: str) -> None:
    numbers = features(text)
    assert len(numbers) == len(FEATURE_NAMES)
    assert all(math.isfinite(number) for number in numbers)


def test_machine_words_are_no_words_of_a_customer() -> None:
    assert fold('/request_agent{"a": 1}') == ""
    assert fold("Žmogus, PROSÍM") == "zmogus, prosim"


def test_shouting_is_more_than_one_short_word_in_capitals() -> None:
    assert shouted("WHERE IS MY ORDER")
    assert not shouted("VAT")
    assert not shouted("Where is my DHL parcel")


def test_emoji_and_marks_are_not_words() -> None:
    assert not has_words("😡😡 !!! … ")
    assert has_words("ok")
    assert has_words("我要退货")


@given(VECTORS, VECTORS)
def test_packing_keeps_the_cosine(a: list[float], b: list[float]) -> None:
    exact = sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    assert cosine(pack(a), pack(b)) == pytest.approx(exact, abs=0.03)


def test_nothing_is_similar_to_a_missing_vector() -> None:
    assert pack([0.0, 0.0]) == ""
    assert cosine("", pack([1.0])) == 0.0
    assert cosine(pack([1.0]), pack([1.0, 2.0])) == 0.0


@given(st.text(max_size=80))
def test_overlap_is_one_with_itself_and_at_most_one(text: str) -> None:
    assert overlap(text, text) in (0.0, 1.0)
    assert overlap(text, "something else") <= 1.0


def test_numbers_tell_questions_apart() -> None:
    assert same_numbers("order 12?", "my order 12")
    assert not same_numbers("order 12", "order 13")


@pytest.mark.parametrize(
    ("text", "idea"),
    [
        ("are you kidding me", "disbelief"),
        ("to si děláte srandu", "disbelief"),
        ("one excuse after another", "wasted"),
        ("vien pasiteisinimai", "wasted"),
        ("ich bin so sauer", "feeling"),
        ("I hate wool, do you have shirts without it", "feeling+serves"),
        ("the strap is useless now, can I buy a new one", "insult+serves"),
        ("where is my parcel", "serves"),
        ("kur mano siunta", "serves"),
    ],
)
def test_a_text_shows_the_idea_it_holds(text: str, idea: str) -> None:
    assert dict(zip(FEATURE_NAMES, features(text), strict=True))[idea] == 1.0


@pytest.mark.parametrize("idea", ["disbelief", "wasted", "feeling", "insult", "leaving"])
def test_a_plain_question_shows_no_anger(idea: str) -> None:
    for text in ("where is my parcel", "jak vrátím boty", "kiek kainuoja pristatymas", "welche Größe brauche ich"):
        assert dict(zip(FEATURE_NAMES, features(text), strict=True))[idea] == 0.0
