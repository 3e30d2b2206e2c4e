"""Odd spellings are read as what they stand for; everything else is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.signals import words
from bot.escalation.spelling import mended
from bot.nlu.examples import read
from tests.bot.test_heads import DATA


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("h u m a n   p l e a s e", "human please"),
        ("h u m a n p l s", "human pls"),
        ("h.u.m.a.n", "human"),
        ("P-E-R-S-O-N now", "person now"),
        ("č l o v ě k a prosím", "cloveka prosim"),
        ("ž m o g a u s", "zmogaus"),
        ("m e n s c h b i t t e", "mensch bitte"),
        ("agnt pls", "agent pls"),
        ("get me a humna", "get me a human"),
        ("mitarbeitr", "mitarbeiter"),
        ("4gent", "agent"),
        ("a real pers0n", "a real person"),
        ("pleeeease", "please"),
        ("you are useleeeess", "you are useless"),
        ("I neeed help", "i need help"),
    ],
)
def test_what_is_spelled_oddly_is_read(typed: str, meant: str) -> None:
    assert " ".join(words(mended(typed))) == meant


@pytest.mark.parametrize(
    "text",
    [
        "HUMAN!!!",
        "an A4 sheet, b2b, 3rd floor, mp3, wh40k, 10min, 4g",
        "is it option a b c",
        "sizes x l or m",
        "option a - b - c - d",
        "my order is 55-1203-888 and costs $5000",
        "www.example.com",
        "manage my data, advise me, idiots",
        "e.g. the small one, i.e. the red one",
        "AAA batteries",
        "",
    ],
)
def test_what_may_be_meant_as_it_stands_stays(text: str) -> None:
    assert mended(text) == text


def test_nearly_all_labelled_messages_stay_as_they_are() -> None:
    texts = [example.text for example in read(DATA)]
    changed = [text for text in texts if mended(text) != text]
    assert len(changed) < 0.015 * len(texts), changed[:20]


@given(st.text(max_size=300))
def test_mending_is_done_once_and_makes_nothing_longer_than_a_gap_more(text: str) -> None:
    once = mended(text)
    assert len(once) <= 2 * len(text)
    assert bool(words(once)) == bool(words(text))


@pytest.mark.timeout(60)
def test_a_long_row_of_letters_takes_no_long_time() -> None:
    for text in ("a " * 30_000, "a" * 60_000, "a.b " * 15_000, "!@$" * 20_000):
        mended(text)
