"""Cutting passages and summing up: pure, and never a word that was not there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actions.passages import MAX_CHARACTERS, shorten
from actions.summary import MAX_LINES, summarise

SENTENCE = st.text("abc ", min_size=3, max_size=80).map(lambda s: f"X{s.strip()}.")
PASSAGE = st.lists(SENTENCE, min_size=1, max_size=30).map(" ".join)


@given(PASSAGE, st.integers(0, 2_000))
def test_a_shortened_passage_is_a_piece_of_it_and_fits(passage: str, where: int) -> None:
    where = min(where, len(passage) - 1)
    cut = shorten(passage, [(where, where + 1)])
    assert cut in passage
    assert len(cut) <= MAX_CHARACTERS
    assert cut


def test_the_highlighted_sentence_stays() -> None:
    passage = " ".join(f"Sentence number {n} says something of its own." for n in range(40))
    where = passage.index("number 30")
    assert "number 30" in shorten(passage, [(where, where + 5)])


def test_a_short_passage_is_left_alone() -> None:
    assert shorten("One. Two.\n\nThree.") == "One. Two.\n\nThree."


@given(st.lists(st.tuples(st.text(max_size=300), st.booleans()), max_size=12))
def test_a_summary_has_at_most_three_lines_of_the_customers_own_words(messages: list[tuple[str, bool]]) -> None:
    summary = summarise([text for text, _ in messages], [aside for _, aside in messages])
    lines = summary.split("\n") if summary else []
    assert len(lines) <= MAX_LINES
    said = " ".join(" ".join(text.split()) for text, _ in messages)
    assert all(line.removesuffix("…") in said for line in lines)


def test_a_summary_leaves_out_greetings_and_keeps_numbers() -> None:
    messages = [
        "hello there",
        "My tent is broken.",
        "It leaks at the seam.",
        "Order 4711 from May.",
        "Please replace it.",
    ]
    summary = summarise(messages, [True, False, False, False, False])
    assert summary.split("\n") == ["My tent is broken.", "Order 4711 from May.", "Please replace it."]
