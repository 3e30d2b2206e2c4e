"""Telling what a bot's turn did, from words that stand nowhere in the examples."""

from __future__ import annotations

import numpy as np
import pytest

from bot.escalation.signals import fold
from bot.evaluate.bot_turns import BotTurnClassifier, Example, Kind, Utterance, parts_of, read_examples

FAILED = {Kind.COULD_NOT, Kind.ASKS_BACK, Kind.OUTSIDE}
UNSEEN_FAILURES = (
    "Sorry, I don't quite understand what you are asking.",
    "Hm, I found nothing about parking permits. Could you word it differently?",
    "I wasn't able to find an answer to your question. Is there anything else I can do?",
    "Omlouvám se, této otázce nerozumím. Zkuste ji položit jinak.",
    "O parkování jsem bohužel nic nenašel.",
    "Atsiprašau, jūsų žinutės nesupratau. Pabandykite dar kartą.",
    "Deja, atsakymo į šį klausimą nerandu.",
    "Entschuldigung, ich habe Ihre Frage nicht verstanden.",
    "Zu Parkausweisen habe ich leider keine Antwort gefunden.",
)
UNSEEN_ANSWERS = (
    "Parking permits cost 40 euros a year and are sent by post within a week.",
    "You can pay by card or cash, and there is no extra charge.",
    "Parkovací karta stojí 900 korun ročně, pošleme ji poštou.",
    "Leidimas kainuoja 40 eurų per metus ir atsiunčiamas paštu.",
    "Ein Parkausweis kostet 40 Euro im Jahr und kommt mit der Post.",
)


@pytest.fixture(scope="module")
def classifier() -> BotTurnClassifier:
    """Learned without vectors: what the words alone tell."""
    examples = read_examples()
    return BotTurnClassifier(examples, np.zeros((len(examples), 4)))


def classified(classifier: BotTurnClassifier, text: str) -> Utterance:
    (utterance,) = classifier.classify([text], {part: np.zeros(4) for part in parts_of(text)})
    return utterance


@pytest.mark.parametrize("text", UNSEEN_FAILURES)
def test_giving_up_is_told_in_four_languages(classifier: BotTurnClassifier, text: str) -> None:
    assert classified(classifier, text).kind in FAILED


@pytest.mark.parametrize("text", UNSEEN_ANSWERS)
def test_answers_are_told_in_four_languages(classifier: BotTurnClassifier, text: str) -> None:
    assert classified(classifier, text).kind not in FAILED


def test_a_person_may_be_offered_along_with_giving_up(classifier: BotTurnClassifier) -> None:
    found = classified(classifier, "I couldn't find an answer to that. Would you like to speak to a person?")
    assert (found.kind, found.offers_person) == (Kind.COULD_NOT, True)


def test_nothing_said_is_nothing_done(classifier: BotTurnClassifier) -> None:
    assert classified(classifier, "…").kind is Kind.SMALL_TALK
    assert classifier.classify([], {}) == []


def test_the_examples_hold_every_kind_in_every_language_once() -> None:
    examples = read_examples()
    assert {(example.kind, example.language) for example in examples} == {
        (kind, language) for kind in Kind for language in ("en", "cs", "lt", "de")
    }
    texts = [fold(example.text) for example in examples]
    assert len(texts) == len(set(texts))


def test_folds_of_the_examples_are_told_apart_by_words_alone() -> None:
    """Four in five of the examples teach the fifth: failures are found, and little else is taken for one."""
    examples = read_examples()
    wrong = 0
    for fold_number in range(5):
        kept = [example for n, example in enumerate(examples) if n % 5 != fold_number]
        asked = [example for n, example in enumerate(examples) if n % 5 == fold_number]
        wrong += _mistaken(BotTurnClassifier(kept, np.zeros((len(kept), 4))), asked)
    assert wrong / len(examples) < 0.1


def _mistaken(classifier: BotTurnClassifier, asked: list[Example]) -> int:
    pairs = ((example, classified(classifier, example.text)) for example in asked)
    return sum((found.kind in FAILED) != (example.kind in FAILED) for example, found in pairs)
