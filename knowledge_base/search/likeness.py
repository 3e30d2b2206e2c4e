"""Articles that say the same, and those that say it differently: found by the vectors of their units. Pure.

Where the encoder does not know the language, words have a say in whether two questions are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.articles.articles import LiveArticle, StoredUnit, UnitKind
from knowledge_base.articles.facts import differences
from knowledge_base.text.analysis import telling_terms
from knowledge_base.text.similarity import Nearness
from knowledge_base.vectors import Vectors

BLOCK = 512  # rows compared at once: 40 MB against 20,000 others
MOST_PAIRS = 5_000  # of units in one base; beyond that something is wrong with the base as a whole
FEWEST_SAME_WORDS = 2  # one word, "parcel", is what many questions are about


@dataclass(frozen=True)
class Held:
    """A unit with the article it is of."""

    stored: StoredUnit
    article: LiveArticle


@dataclass(frozen=True)
class Likeness:
    """Two articles with units that are nearly the same; `conflict` says what they state differently, if anything."""

    first: LiveArticle
    second: LiveArticle
    similarity: float
    texts: tuple[str, str]
    conflict: tuple[str, ...] = ()


def held_units(articles: Sequence[LiveArticle], *, passages: bool) -> list[Held]:
    """Return the passages of articles, or their titles and alternative questions."""
    return [
        Held(stored, article)
        for article in articles
        for stored in article.units
        if (stored.unit.kind is UnitKind.PASSAGE) == passages
    ]


def same_questions(
    mine: Sequence[Held], my_rows: Vectors, others: Sequence[Held], other_rows: Vectors, near: Nearness
) -> list[Likeness]:
    """Return the pairs of titles and questions in one language that ask the same, the nearest first."""
    pairs = _pairs(mine, my_rows, others, other_rows, near.same_question)
    if near.same_words is not None:
        pairs = [pair for pair in pairs if _one_says_all(pair[0], pair[1])]
        pairs += _same_words(mine, my_rows, others, other_rows, near.same_words)
    return _nearest_first(
        Likeness(one.article, other.article, cosine, (one.stored.unit.text, other.stored.unit.text))
        for one, other, cosine in pairs
    )


def conflicts(
    mine: Sequence[Held], my_rows: Vectors, others: Sequence[Held], other_rows: Vectors, near: Nearness
) -> list[Likeness]:
    """Return the pairs of passages about the same that state something differently, the nearest first."""
    found = []
    for one, other, cosine in _pairs(mine, my_rows, others, other_rows, near.same_subject):
        conflict = differences(_sentences(one), _sentences(other), one.article.language)
        if conflict:
            texts = (one.stored.unit.text, other.stored.unit.text)
            found.append(Likeness(one.article, other.article, cosine, texts, tuple(conflict)))
    return _nearest_first(found)


def _pairs(
    mine: Sequence[Held], my_rows: Vectors, others: Sequence[Held], other_rows: Vectors, enough: float
) -> list[tuple[Held, Held, float]]:
    found: list[tuple[Held, Held, float]] = []
    for first in range(0, len(mine), BLOCK):
        cosines = my_rows[first : first + BLOCK] @ other_rows.T
        for row, column in zip(*np.nonzero(cosines >= enough), strict=True):
            one, other = mine[first + int(row)], others[int(column)]
            if _comparable(one.article, other.article):
                found.append((one, other, float(cosines[row, column])))
                if len(found) >= MOST_PAIRS:
                    return found
    return found


def _telling(held: Held) -> frozenset[str]:
    return telling_terms(held.stored.unit.text, held.article.language)


def _one_says_all(one: Held, other: Held) -> bool:
    """Return whether one holds all telling words of the other: "wash the duvet" and "wash the pillow" are two."""
    mine, theirs = _telling(one), _telling(other)
    return mine <= theirs or theirs <= mine


def _same_words(
    mine: Sequence[Held], my_rows: Vectors, others: Sequence[Held], other_rows: Vectors, enough: float
) -> Iterator[tuple[Held, Held, float]]:
    """Find the pairs of the same telling words with a cosine of `enough`; at most `MOST_PAIRS`."""
    rows_of: dict[frozenset[str], list[int]] = {}
    for row, other in enumerate(others):
        rows_of.setdefault(_telling(other), []).append(row)
    found = 0
    for row, one in enumerate(mine):
        words = _telling(one)
        alike = rows_of.get(words, []) if len(words) >= FEWEST_SAME_WORDS else []
        cosines = other_rows[alike] @ my_rows[row]
        for column, cosine in zip(alike, cosines.tolist(), strict=True):
            if cosine >= enough and _comparable(one.article, others[column].article):
                yield one, others[column], cosine
                found += 1
                if found == MOST_PAIRS:
                    return


def _comparable(one: LiveArticle, other: LiveArticle) -> bool:
    """Translations say the same on purpose; languages are compared with themselves."""
    return one.article_id != other.article_id and one.group != other.group and one.language == other.language


def _nearest_first(found: Iterable[Likeness]) -> list[Likeness]:
    """Sort, and leave out the second of two that are the same seen from the other side."""
    first: dict[frozenset[tuple[str, str]], Likeness] = {}
    for one in sorted(found, key=lambda like: -like.similarity):
        sides = zip((one.first.article_id, one.second.article_id), one.texts, strict=True)
        first.setdefault(frozenset(sides), one)
    return list(first.values())


def _sentences(held: Held) -> list[str]:
    unit = held.stored.unit
    return [unit.text[start:end] for start, end in unit.sentences] or [unit.text]
