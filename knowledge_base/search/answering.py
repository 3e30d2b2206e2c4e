"""From a question as it is typed to an answer. Runs on the model thread.

The question is read without shouting and short forms, and searched as it is and, when it has words the base does not
know, with its spelling put right; the surer answer counts. When nothing answers it, it may be a follow-up ("and
abroad?"): it is searched after the question before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.encoder import Encoder
from knowledge_base.search.search import EVERYTHING, Answer, Filters, Question, SearchIndex
from knowledge_base.search.spelling import corrected, plain
from knowledge_base.text.noise import is_reply

LONGEST_FOLLOW_UP = 12  # words; a longer question says what it is about


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
    found = max((_search(index, encoders, asked, text) for text in _readings(index, encoders, asked)), key=_sureness)
    if found.answerable or not asked.previous or len(asked.text.split()) > LONGEST_FOLLOW_UP:
        return found
    if is_reply(asked.text, found.language):
        return found  # "thanks" would be answered with the answer it thanks for
    whole = _search(index, encoders, asked, f"{asked.previous} {asked.text}")
    return whole if whole.answerable else found


def _sureness(found: Answer) -> float:
    return found.confidence


def _readings(index: SearchIndex, encoders: Encoders, asked: Asked) -> Sequence[str]:
    """Return the texts to search for, the question as typed first, so that it counts when both are as sure."""
    reading = index.read(asked.text, asked.language)
    text = plain(asked.text, english=not reading.foreign)
    right = corrected(text, index.vocabularies(reading), encoders.english.words if not reading.foreign else ())
    return (text,) if right is None else (text, right)


def _search(index: SearchIndex, encoders: Encoders, asked: Asked, text: str) -> Answer:
    multilingual = None
    if encoders.multilingual is not None and index.wants_multilingual(text, asked.language):
        multilingual = encoders.multilingual.encode([text])[0]
    vector = encoders.english.encode([text])[0]
    return index.search(Question(text, vector, asked.language, asked.limit, asked.filters, multilingual))
