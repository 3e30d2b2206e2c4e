"""Which sensitive topic a message touches: by the words the operator lists, and by what the bot has learned. Pure.

A listed word is enough, unless it is a hint or the words around it speak against it; then, and without any listed
word, it takes a message that reads like the topic. A topic the bot has learned nothing about goes by its words alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import Found, Topic, Topics, rank
from bot.escalation.turns import CustomerTurn, Reading


@dataclass(frozen=True)
class Touched:
    """A topic, how surely it is meant, the customer's words that say so, and the listed word among them if there is."""

    topic: Topic
    score: float
    text: str
    entry: str | None = None


def touched(said: CustomerTurn, topics: Topics, limits: Thresholds) -> Touched | None:
    """Return the topic of ``said`` that comes first: an urgent one, any other, one that is last; the surest of each."""
    languages = {said.language, *said.likely} if said.likely else None
    by_words = [
        one for found in topics.listed_in(said.text, languages) if (one := _by_words(found, said, limits)) is not None
    ]
    by_sound = [one for reading in said.topics if (one := _by_sound(reading, said, topics, limits)) is not None]
    return min([*by_words, *by_sound], key=lambda one: (rank(one.topic), -one.score), default=None)


def _by_words(found: Found, said: CustomerTurn, limits: Thresholds) -> Touched | None:
    name = found.topic.name
    scores = [reading.scores[name] for reading in said.topics if name in reading.scores]
    if found.sure or not scores:
        return Touched(found.topic, 1.0, said.text, found.entry)
    score = max(scores)
    return Touched(found.topic, score, said.text, found.entry) if score >= limits.topic_hinted else None


def _by_sound(reading: Reading, said: CustomerTurn, topics: Topics, limits: Thresholds) -> Touched | None:
    """The topics share what speaks for anything sensitive: half about the law and half about the press is enough."""
    listed = [topic for topic in topics.topics if topic.name in reading.scores]
    limit = limits.in_language("topic", said.language)
    for group, needed in ((_urgent(listed), min(limit, limits.topic_urgent)), (listed, limit)):
        score = sum(reading.scores[topic.name] for topic in group)
        if group and score >= needed:
            loudest = max(group, key=lambda topic: reading.scores[topic.name])
            return Touched(loudest, min(score, 1.0), reading.text)
    return None


def _urgent(topics: Sequence[Topic]) -> list[Topic]:
    return [topic for topic in topics if topic.urgent]
