"""From a question as it is typed to an answer. Runs on the model thread.

The question is read without shouting and short forms, and searched as it is, without numbers and addresses and, when
it has words the base does not know, with its spelling put right; the surest answer counts. When nothing answers it, one
of its sentences may, if its answer is among the first for the whole. It may also be a follow-up ("and abroad?"): then
it is searched after the question before it.

What reading sentences is worth is measured in `evaluation/longer.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge_base.encoder import Encoder
from knowledge_base.search.focus import asking_sentences, without_identifiers
from knowledge_base.search.question import EVERYTHING, Answer, Filters, Question
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.spelling import corrected, plain
from knowledge_base.text.noise import is_reply

LONGEST_FOLLOW_UP = 12  # words; a longer question says what it is about
BORNE_OUT = 2  # first hits of the whole message, one of which a sentence of it must find: "I was away" finds anything
NO_LANGUAGE = "xx"  # what spaCy calls rules that fit any


@dataclass(frozen=True)
class Asked:
    """A question as it is typed.

    Attributes:
        language: the customer's setting.
        filters: which articles are wanted.
        previous: the question before it, which it may only make sense after.
    """

    text: str
    language: str | None = None
    limit: int = 5
    filters: Filters = EVERYTHING
    previous: str | None = None


@dataclass(frozen=True)
class Encoders:
    """Both encoders; search leans on words in other languages than English without the second."""

    english: Encoder
    multilingual: Encoder | None = None


def answer(index: SearchIndex, encoders: Encoders, asked: Asked) -> Answer:
    """Return the surest answer to a question."""
    found = _answer(index, encoders, replace(asked, limit=max(asked.limit, BORNE_OUT)))
    return replace(found, hits=found.hits[: asked.limit])


def _answer(index: SearchIndex, encoders: Encoders, asked: Asked) -> Answer:
    found = _as_a_whole(index, encoders, asked)
    if not found.answerable:
        found = _by_sentence(index, encoders, asked, found)
    if found.answerable or not asked.previous or len(asked.text.split()) > LONGEST_FOLLOW_UP:
        return found
    if is_reply(asked.text, found.language):
        return found  # "thanks" would be answered with the answer it thanks for
    whole = _search(index, encoders, asked, f"{asked.previous} {asked.text}")
    return whole if whole.answerable else found


def _as_a_whole(index: SearchIndex, encoders: Encoders, asked: Asked) -> Answer:
    return max((_search(index, encoders, asked, text) for text in _readings(index, encoders, asked)), key=_sureness)


def _by_sentence(index: SearchIndex, encoders: Encoders, asked: Asked, whole: Answer) -> Answer:
    """Return the surest of the whole message's answer and those to sentences with one of its first hits."""
    language = index.read(asked.text, asked.language).language
    likely = {hit.article.article_id for hit in whole.hits[:BORNE_OUT]}
    found = [whole]
    for sentence in asking_sentences(asked.text, language or NO_LANGUAGE):
        answered = _as_a_whole(index, encoders, replace(asked, text=sentence, language=language or asked.language))
        if answered.hits and answered.hits[0].article.article_id in likely:
            found.append(answered)
    return max(found, key=_sureness)


def _sureness(found: Answer) -> float:
    return found.confidence


def _readings(index: SearchIndex, encoders: Encoders, asked: Asked) -> Sequence[str]:
    """Return the texts to search for, the question as typed first, so that it counts when both are as sure."""
    reading = index.read(asked.text, asked.language)
    text = plain(asked.text, english=not reading.foreign)
    right = corrected(text, index.vocabularies(reading), encoders.english.words if not reading.foreign else ())
    bare = without_identifiers(right or text)
    return [each for each in (text, right, bare) if each is not None]


def _search(index: SearchIndex, encoders: Encoders, asked: Asked, text: str) -> Answer:
    multilingual = None
    if encoders.multilingual is not None and index.wants_multilingual(text, asked.language):
        multilingual = encoders.multilingual.encode([text])[0]
    vector = encoders.english.encode([text])[0]
    return index.search(Question(text, vector, asked.language, asked.limit, asked.filters, multilingual))
