"""Which messages are questions about something."""

from __future__ import annotations

import pytest

from knowledge_base.text.noise import is_noise

NOISE = [
    ("hello", "en"),
    ("Hi there, good morning!", "en"),
    ("thank you very much", "en"),
    ("ok", None),
    ("who are you?", "en"),
    ("what can you do for me", "en"),
    ("asdfgh", "en"),
    ("sdkjfhskdjfh", "en"),
    ("aaaaaaa", "en"),
    ("lalalalala", "en"),
    ("qwerty qwerty", "cs"),
    ("????", "en"),
    ("12345", "en"),
    ("[e-mail address]", "en"),
    ("Dobrý den", "cs"),
    ("děkuji moc", "cs"),
    ("labas vakaras", "lt"),
    ("", "en"),
]
QUESTIONS = [
    ("warranty", "en"),
    ("Do you sell kayaks?", "en"),
    ("gps", "en"),
    ("hi, where is my parcel", "en"),
    ("my card [card number] was charged twice", "en"),
    ("vrácení zboží", "cs"),
    ("čtvrthodinový strč prst skrz krk", "cs"),
    ("Dobrý den, reklamace stanu", "cs"),
    ("ar galiu grąžinti prekę", "lt"),
    ("Rückgabe", "de"),
    ("доставка", None),
    ("wifi heater rental", "en"),
]


@pytest.mark.parametrize(("text", "language"), NOISE)
def test_small_talk_and_gibberish_are_noise(text: str, language: str | None) -> None:
    assert is_noise(text, language)


@pytest.mark.parametrize(("text", "language"), QUESTIONS)
def test_questions_about_something_are_kept(text: str, language: str | None) -> None:
    assert not is_noise(text, language)
