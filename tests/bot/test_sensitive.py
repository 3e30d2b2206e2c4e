"""Which topic a message touches: listed words, hints, words that mean something else, and what the bot has learned."""

from __future__ import annotations

from typing import Any

import pytest

from bot.escalation.sensitive import Touched, touched
from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import TOPICS_FILE, Topics, load_topics, read_topics
from bot.escalation.turns import CustomerTurn, Reading
from tests.bot.system import ROOT

LIMITS = Thresholds(topic={"en": 0.7, "cs": 0.6}, topic_urgent=0.5, topic_hinted=0.2)
TOPICS = read_topics(
    {
        "topics": [
            {
                "name": "law",
                "says": "speaks of the law",
                "words": {"en": ["sue you"], "cs": ["zažaluju"], "lt": ["redakcija"]},
                "hints": {"en": ["lawyer"]},
            },
            {"name": "harm", "says": "harm", "urgent": True, "words": ["kill myself"]},
            {"name": "authority", "says": "complains", "last": True, "words": ["ombudsman"]},
            {"name": "own", "says": "of the operator", "words": ["asbestos"], "hints": ["dust"]},
        ]
    }
)
LEARNED = ("law", "harm", "authority")


def find(text: str, language: str = "en", likely: tuple[str, ...] = (), **scores: float) -> Touched | None:
    reading = Reading("the clause", {name: scores.get(name, 0.0) for name in LEARNED})
    return touched(CustomerTurn(text, language=language, likely=likely, topics=(reading,)), TOPICS, LIMITS)


def name_of(found: Touched | None) -> str | None:
    return None if found is None else found.topic.name


def test_a_listed_word_is_enough_and_named() -> None:
    found = find("I will sue you")
    assert found is not None
    assert (found.topic.name, found.entry, found.score, found.text) == ("law", "sue you", 1.0, "I will sue you")


def test_a_hint_counts_where_the_message_reads_like_the_topic() -> None:
    assert find("I am a lawyer, which printer do you recommend", law=0.1) is None
    found = find("my lawyer will be in touch", law=0.3)
    assert found is not None
    assert (found.topic.name, found.score, found.entry) == ("law", 0.3, "lawyer")


@pytest.mark.parametrize(
    "text",
    [
        "I am not going to sue you",
        "do you have the sue you t-shirt",
        "is there a film called I sue you",
        "I would never kill myself for a discount",
    ],
)
def test_a_word_that_is_negated_or_names_a_thing_is_but_a_hint(text: str) -> None:
    assert find(text) is None
    assert find(text, law=0.25, harm=0.25) is not None


def test_what_a_phrase_is_really_about_may_come_right_behind_it() -> None:
    topics = read_topics({"topics": [{"name": "harm", "says": "x", "words": {"cs": ["nechci žít"]}}]})
    calm = (Reading("", {"harm": 0.1}),)
    shoes = CustomerTurn("nechci žít bez vašich bot", language="cs", topics=calm)
    assert touched(shoes, topics, LIMITS) is None
    assert touched(CustomerTurn("už nechci žít", language="cs", topics=calm), topics, LIMITS) is not None


def test_words_are_looked_for_in_the_languages_a_message_may_be_in() -> None:
    assert name_of(find("ta redakcija", language="lt", likely=("lt",))) == "law"
    assert find("ta redakcija", language="cs", likely=("cs",)) is None
    assert name_of(find("ta redakcija", language="cs", likely=("cs", "lt"))) == "law"
    assert name_of(find("ta redakcija", language="cs")) == "law", "nobody looked which languages are likely"
    assert name_of(find("zažaluju", language="cs", likely=())) == "law"
    assert name_of(find("the ombudsman", language="cs", likely=("cs",))) == "authority", "listed for every language"


def test_what_was_learned_calls_a_person_without_any_listed_word() -> None:
    assert find("see you before the judge", law=0.69) is None
    found = find("see you before the judge", law=0.75)
    assert found is not None
    assert (found.topic.name, found.text, found.entry) == ("law", "the clause", None)
    assert name_of(find("uvidíme se u soudce", language="cs", law=0.65)) == "law", "a threshold for each language"
    assert name_of(find("half of this, half of that", law=0.4, authority=0.35)) == "law"


def test_urgent_topics_need_less_and_come_first() -> None:
    assert name_of(find("I see no way out", harm=0.5)) == "harm"
    assert name_of(find("I will sue you", harm=0.5)) == "harm"
    assert name_of(find("the ombudsman, and I will sue you")) == "law"


def test_a_topic_of_ones_own_works_without_any_training() -> None:
    assert name_of(find("is there asbestos in it")) == "own"
    assert name_of(find("so much dust")) == "own"
    assert name_of(find("there is no asbestos, right?")) == "own"


def test_a_topic_that_is_not_listed_any_more_is_not_found() -> None:
    said = CustomerTurn("x", topics=(Reading("x", {"law": 0.9}),))
    assert touched(said, Topics(), LIMITS) is None
    assert touched(said, read_topics({"topics": [{"name": "own", "says": "x", "words": ["y"]}]}), LIMITS) is None


COMMITTED = load_topics(ROOT / TOPICS_FILE)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I want you to roll a die for me", "en"),
        ("I'm a lawyer, which printer do you recommend", "en"),
        ("do you sell gowns for solicitors", "en"),
        ("do you have the suicide squad t-shirt in medium", "en"),
        ("which article of the breach of contract law book", "en"),
        ("nechci žít bez vašich bot", "cs"),
        ("kryje to pracovní úraz", "cs"),
        ("kde se v editoru vypíná redakce textu", "cs"),
        ("verbrannt ist nur der Toast, wie reinige ich den Toaster", "de"),
    ],
)
def test_listed_words_in_ordinary_messages_call_nobody_by_themselves(text: str, language: str) -> None:
    calm: dict[str, Any] = {topic.name: 0.02 for topic in COMMITTED.topics}
    said = CustomerTurn(text, language=language, likely=(language,), topics=(Reading(text, calm),))
    assert touched(said, COMMITTED, LIMITS) is None
