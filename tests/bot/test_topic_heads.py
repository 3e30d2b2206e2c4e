"""The messages about sensitive topics and the classifier that learns from them; vectors are made up here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bot.errors import EscalationDataError
from bot.escalation.topics import TOPICS_FILE, load_topics, read_topics
from bot.nlu import topic_heads
from bot.nlu.examples import Example
from bot.nlu.topic_examples import NO_TOPIC, TopicExample, ordinary, read, with_clauses
from tests.bot.system import ROOT
from tests.bot.test_heads import DIMENSION, encode

FOLDER = ROOT / "data/escalation/topics"
LAW = ("my lawyer will write", "hear from my lawyers", "a lawyer is on it", "the lawyers decide")
PRESS = ("the newspaper will print it", "i call the newspaper", "newspapers love this", "a newspaper asks")
CALM = ("where is my parcel", "the parcel is late", "my parcel is here", "what does a parcel cost")


def lessons() -> list[TopicExample]:
    """Return four messages each of two topics and of none."""
    return [
        TopicExample(text, "en", "g", topic)
        for topic, texts in (("law", LAW), ("press", PRESS), (NO_TOPIC, CALM))
        for text in texts
    ]


def test_what_was_learned_is_told_apart_and_survives_saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_heads, "REGULARISATION", 3.0)  # a dozen messages are no thousands
    heads = topic_heads.train(lessons(), [], encode, DIMENSION)
    assert not topic_heads.is_in(tmp_path)
    heads.save(tmp_path)
    assert topic_heads.is_in(tmp_path)
    texts = ["my lawyer and the lawyers", "the newspaper, a newspaper", "where is my parcel"]
    table = topic_heads.TopicHeads.load(tmp_path).judge(texts, encode(texts))
    assert table == pytest.approx(heads.judge(texts, encode(texts)))
    assert table.sum(axis=1) == pytest.approx(1)
    assert [heads.topics[column] for column in table.argmax(axis=1)] == ["law", "press", NO_TOPIC]
    assert heads.none(table)[2] == table[2].max()
    assert set(heads.named(table[0])) == {"law", "press"}


def test_without_the_second_encoder_it_goes_by_the_first_and_the_letters() -> None:
    heads = topic_heads.train(lessons(), [], encode, DIMENSION)
    text = "my lawyer and the lawyers"
    table = heads.judge([text], encode([text], both=False))
    assert heads.topics[int(np.argmax(table))] == "law"


@pytest.mark.parametrize("stop", [",", "."])
def test_a_clause_is_read_in_the_light_of_the_message(stop: str) -> None:
    heads = topic_heads.train(lessons(), [], encode, DIMENSION)
    law, calm = (
        "my lawyer and the lawyers",
        f"where is my parcel{stop} what does a parcel cost{stop} the parcel is late",
    )
    parts, column = [f"{calm}{stop} {law}", law, "where is my parcel"], heads.topics.index("law")
    judged = heads.judge(parts, encode(parts))
    read = heads.read(parts, judged)
    assert judged[0, column] < read[1, column] < judged[1, column]
    assert read[0] == pytest.approx(judged[0])
    assert read.sum(axis=1) == pytest.approx(1)


def test_among_sentences_the_whole_counts_for_less_than_within_one() -> None:
    heads = topic_heads.train(lessons(), [], encode, DIMENSION)
    law, calm = "my lawyer and the lawyers", "where is my parcel"
    lone, two = [f"{calm}, {law}", law], [f"{calm}. {law}", law]
    judged = heads.judge(lone, encode(lone))
    assert heads.read(lone, judged)[1].max() < heads.read(two, judged)[1].max()


def test_of_ordinary_examples_the_clauses_are_learned_too() -> None:
    story = "The cat knocked the lamp over on Sunday. It did not break, luckily. Which bulb fits it?"
    threat = "The lamp is ruined for good. I will sue you"
    given = [TopicExample(story, "en", "g"), TopicExample(threat, "en", "h", "law")]
    made = with_clauses(given)
    assert [example for example in made if example.text in (story, threat)] == given
    assert {example.text for example in made} == {
        story,
        threat,
        "The cat knocked the lamp over on Sunday",
        "It did not break",
        "Which bulb fits it",
    }
    assert {example.topic for example in made if example.text != threat} == {NO_TOPIC}
    assert with_clauses(made) == made


def test_ordinary_messages_hold_no_listed_word_and_nothing_composed() -> None:
    topics = read_topics({"topics": [{"name": "law", "says": "x", "words": ["lawyer"]}]})
    texts = ("hello", "my lawyer", "two in one")
    given = [Example(text, "en", "g", frozenset(), parts=("two",) * (text == "two in one")) for text in texts]
    assert [example.text for example in ordinary(given, topics)] == ["hello"]


@pytest.mark.parametrize("text", ["", "language: en", "language: en\ngroups: [7]", "groups: []", "{"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "en.yml").write_text(text)
    with pytest.raises(EscalationDataError, match=r"en\.yml"):
        read(tmp_path)


def test_no_folder_is_no_example(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == []


def test_every_topic_of_the_policy_is_taught_in_every_language_beside_what_only_sounds_like_it() -> None:
    taught = Counter((example.language, example.topic) for example in read(FOLDER))
    for language in ("en", "cs", "lt", "de"):
        assert taught[language, NO_TOPIC] >= 90
        for topic in load_topics(ROOT / TOPICS_FILE).topics:
            assert taught[language, topic.name] >= 8, (language, topic.name)


def test_no_message_is_taught_twice() -> None:
    texts = Counter(example.text for example in read(FOLDER))
    assert [text for text, count in texts.items() if count > 1] == []
