"""The tone of words, and what it does to the score of what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.frustration import BAD_TONE, GOOD_TONE, combined, frustration
from bot.escalation.signals import words
from bot.escalation.thresholds import Thresholds
from bot.escalation.tone import counted, tone
from bot.escalation.turns import CustomerTurn

LIMITS = Thresholds()
SAD, PLAIN, GLAD = "the lamp is broken and that makes me sad", "when do you open", "what a lovely day, thank you"


@pytest.mark.parametrize(
    ("text", "bad", "good"),
    [
        (SAD, 2, 0),
        (GLAD, 0, 2),
        (PLAIN, 0, 0),
        ("this is not good", 1, 0),
        ("that isn't bad at all", 0, 0),
        ("it doesn't leak and the colour is lovely", 0, 1),
        ("je to rozbité a jsem zklamaná", 2, 0),
        ("děkuji, krásná práce", 0, 2),
        ("není to dobré", 1, 0),
        ("bloga diena, labai liūdna", 2, 0),
        ("ačiū, viskas puiku", 0, 2),
        ("nėra gerai", 1, 0),
        ("die Lampe ist kaputt, wie peinlich", 2, 0),
        ("danke, das ist toll", 0, 2),
        ("das ist nicht schlecht", 0, 0),
        ("die Armlehne kommt am Montag", 0, 0),
    ],
)
def test_words_good_and_bad_to_hear_are_counted(text: str, bad: int, good: int) -> None:
    assert counted(words(text)) == (bad, good)


@given(st.text(max_size=300))
def test_tone_goes_with_what_there_is_more_of(text: str) -> None:
    bad, good = counted(words(text))
    heard = tone(words(text))
    assert -1 < heard < 1
    assert (heard > 0, heard < 0) == (good > bad, good < bad)


def _scored(text: str, score: float) -> float:
    return combined(frustration(CustomerTurn(text, frustration=score), (), LIMITS))


@given(st.floats(0.01, 0.99))
def test_bad_words_add_to_the_score_and_good_ones_take_away(score: float) -> None:
    assert _scored(SAD, score) > score > _scored(GLAD, score)
    assert _scored(PLAIN, score) == pytest.approx(score)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.sampled_from([SAD, PLAIN, GLAD]))
def test_of_two_messages_in_one_tone_the_angrier_scores_higher(one: float, other: float, text: str) -> None:
    less, more = sorted((one, other))
    assert 0 <= _scored(text, less) <= _scored(text, more) <= 1


def test_the_tone_alone_is_no_anger() -> None:
    assert _scored("awful terrible horrible nasty stupid sad news " * 20, 0.05) < LIMITS.in_language(
        "frustration", "en"
    )
    assert _scored("great lovely wonderful thank you " * 20, 0.9) == pytest.approx(0.9, abs=0.01)
    assert max(BAD_TONE, GOOD_TONE) < 4  # from there on a higher score could end up lower


def test_a_button_has_no_tone() -> None:
    pressed = replace(CustomerTurn("terrible", frustration=0.0), is_payload=True)
    assert combined(frustration(pressed, (), LIMITS)) == 0
