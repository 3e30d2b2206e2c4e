"""Sensitive words: what is found, what is not, and what a file may hold."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.escalation.topics import TOPICS_FILE, Topics, load_topics, read_topics
from bot.escalation.words import Entry
from tests.bot.system import ROOT

TOPICS = load_topics(ROOT / TOPICS_FILE)
ONE: dict[str, Any] = {"topics": [{"name": "press", "says": "of the press", "words": ["journalist"]}]}


def topic_of(text: str) -> str | None:
    found = TOPICS.in_text(text)
    return None if found is None else found.topic.name


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Refund me or you will hear from my LAWYERS.", "legal_threat"),
        ("I'll take all of you to court over this tent", "legal_threat"),
        ("Obrátím se na svého advokáta.", "legal_threat"),
        ("Paduosiu jus į teismą", "legal_threat"),
        ("Dann gehe ich eben zum Anwalt", "legal_threat"),
        ("some days I just want to kill myself", "self_harm"),
        ("Nechci už dál žít", "self_harm"),
        ("aš nebenoriu gyventi", "self_harm"),
        ("ich will nicht mehr leben", "self_harm"),
        ("was there a data breach at your shop?", "data_breach"),
        ("unikly moje údaje", "data_breach"),
        ("Hier wurden Daten gestohlen!", "data_breach"),
        ("your driver made racist remarks", "discrimination"),
        ("to je diskriminace", "discrimination"),
        ("I am a journalist and this goes to the press", "press"),
        ("napíšu to do novin", "press"),
        ("my son was injured by your stove", "injury"),
        ("When I log in, I see someone else's invoices.", "data_breach"),
        ("there are somebody else's orders in my account", "data_breach"),
        ("maybe everybody would be better off without me", "self_harm"),
        ("i dont want to be here anymore", "self_harm"),
        ("they turned us away because of our colour", "discrimination"),
        ("I have reported you to Ofcom", "authority"),
        ("Could your spokesperson comment on the recall for our story?", "press"),
        ("my lawyer says I should kill myself", "self_harm"),  # urgent ones come first
    ],
)
def test_sensitive_messages_are_found(text: str, topic: str) -> None:
    assert topic_of(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "how do I press the tent into its bag",
        "thanks for the courtesy",
        "which court shoes do you sell",
        "this heat is killing me, do you sell fans",
        "my neighbour sue wants a jacket too",
        "how are my data protected?",
        "does the express courier come to the court yard",
        "Kdy dorazí moje zásilka?",
        "Kur mano siunta?",
        "Wann kommt mein Paket an?",
        "which regulator fits the gas stove",
        "how many kms a day does the rental include",
        "can I see other people's reviews",
        "may I enter someone else's name on the voucher",
        "do I need a towel for the hospital",
        "does the bus stop at the bridge",
        "how do I press the office chair flat",
        "I cannot train on Sunday because of my race, can I move the class",
        "where do I see the right size",
        "",
        "🏕️",
    ],
)
def test_ordinary_messages_are_not(text: str) -> None:
    assert topic_of(text) is None


def test_the_demo_articles_themselves_touch_no_topic() -> None:
    """A customer who asks in the words of an article must get it."""
    asked = [
        question
        for path in sorted((ROOT / "data/knowledge").glob("*.md"))
        for question in yaml.safe_load(path.read_text(encoding="utf-8").split("---")[1]).get("questions") or []
    ]
    assert len(asked) > 100
    assert [question for question in asked if topic_of(question)] == []


def test_a_short_word_is_found_as_it_stands_alone() -> None:
    entry = Entry.of("sue")
    assert entry.found_in(["sue"])
    assert not entry.found_in(["sues"])
    assert not entry.found_in(["tissue"])


def test_a_star_allows_an_ending_but_not_another_word() -> None:
    entry = Entry.of("soud*")
    assert entry.found_in(["soudem"])
    assert not entry.found_in(["soudobeho"])
    assert not entry.found_in(["presoud"])


WORDS = st.text(st.characters(categories=["Ll", "Lu"], max_codepoint=0x17F), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, max_size=6), st.lists(WORDS, max_size=6))
def test_a_phrase_is_found_wherever_it_stands(phrase: list[str], before: list[str], after: list[str]) -> None:
    text = " ".join(phrase)
    topics = read_topics({"topics": [{"name": "x", "says": "x", "words": [text]}]})
    assert topics.in_text(" ".join([*before, *phrase, *after])) is not None
    assert topics.in_text(text.upper()) is not None or "ß" in text or "ı" in text or "ŉ" in text


@given(
    st.lists(
        st.sampled_from(["so", "soud", "soudem", "sue", "sues", "a", "lawyer", "lawyers", "x", "dem"]), max_size=8
    ),
    st.lists(st.sampled_from(["a", "a*", "so*", "soud*", "sue", "lawyer", "lawyer x", "dem soud*"]), min_size=1),
)
def test_looking_only_where_the_letters_begin_alike_misses_nothing(said: list[str], listed: list[str]) -> None:
    topics = read_topics({"topics": [{"name": "x", "says": "x", "words": listed}]})
    found = topics.in_text(" ".join(said))
    standing = [text for text in listed if Entry.of(text).found_in(said)]
    assert ([] if found is None else [found.entry]) == standing[:1]


@given(st.text(max_size=400))
def test_no_text_is_too_strange(text: str) -> None:
    TOPICS.in_text(text)
    TOPICS.products_in(text)


def with_topic(**fields: Any) -> dict[str, Any]:
    changed = copy.deepcopy(ONE)
    changed["topics"][0].update(fields)
    return changed


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "must hold topics"),
        ({"topic": []}, "topic: no such field"),
        ({"topics": {}}, None),
        ({"topics": "lawyer"}, "topics: must be a list"),
        ({"topics": ["lawyer"]}, r"topics\[0\]: must have a name"),
        (with_topic(name="Legal threat"), r"topics\[0\].name: must be 1 to 40"),
        (with_topic(says=" "), r"topics\[0\].says"),
        (with_topic(urgent="yes"), r"topics\[0\].urgent: must be true or false"),
        (with_topic(word=[]), r"topics\[0\].word: no such field"),
        (with_topic(words=None), r"topics\[0\].words: must be a list"),
        (with_topic(words={"en": "lawyer"}), r"topics\[0\].words.en: must be a list"),
        (with_topic(words={"en": [7]}), r"topics\[0\].words.en\[0\]: must be a text"),
        (with_topic(words=["..."]), r"topics\[0\].words\[0\]: holds no word"),
        (with_topic(words=["x" * 101]), "of 1 to 100 characters"),
        (with_topic(words=["x"] * 501), "has 501 entries, the limit is 500"),
        ({"topics": [*ONE["topics"], *ONE["topics"]]}, "two are named press"),
        ({"products": ["tent"]}, "products: must be names"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_by_field(data: Any, words: str | None) -> None:
    if words is None:
        assert read_topics(data) == Topics()
        return
    with pytest.raises(ValueError, match=words):
        read_topics(data)


@pytest.mark.parametrize("text", [None, "topics: [", "topics: 7", "\x00"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "policy.yml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SettingsError, match=r"policy\.yml"):
        load_topics(path)
