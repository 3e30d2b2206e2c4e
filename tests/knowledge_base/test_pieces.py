"""Pieces of what is encoded: all of it, in order, and none that keeps others waiting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.encoder.pieces import MOST_CHARACTERS, MOST_TEXTS, by_count, by_length

TEXTS = st.lists(st.integers(0, 2_000).map("x".__mul__), max_size=120)


@given(TEXTS, st.integers(1, 50))
def test_pieces_by_count_hold_all_texts_in_order(texts: list[str], count: int) -> None:
    pieces = list(by_count(texts, count))
    assert [text for piece in pieces for text in piece] == texts
    assert all(0 < len(piece) <= count for piece in pieces)


@given(TEXTS)
def test_pieces_by_length_hold_all_texts_in_order_and_end_in_time(texts: list[str]) -> None:
    pieces = list(by_length(texts))
    assert [text for piece in pieces for text in piece] == texts
    for piece in pieces:
        assert 0 < len(piece) <= MOST_TEXTS
        assert len(piece) == 1 or sum(map(len, piece)) <= MOST_CHARACTERS


def test_many_short_texts_go_together() -> None:
    assert len(list(by_length(["short"] * 320))) == 10
