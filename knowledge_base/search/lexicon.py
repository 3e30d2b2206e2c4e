"""The lexical half over the articles of one language: BM25 over articles, and over their units. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.articles.articles import LiveArticle, UnitKind
from knowledge_base.search.lexical_index import Counts, LexicalIndex
from knowledge_base.search.placement import Placed
from knowledge_base.search.spelling import Vocabulary, word_counts
from knowledge_base.text.analysis import terms, weight

TITLE_WEIGHT = 2.0  # a word of the title counts as two of the body
QUESTION_WEIGHT = 1.0
HEADING_WEIGHT = 1.0
# A long article holds a word by chance more often than a short one; passages are all cut to about one length. Measured
# over eight English sets; the same for passages, or less for either, finds less.
ARTICLE_B = 0.9
CONTEXT_WEIGHT = 0.5  # title and headings, when one passage is scored by itself
# Weights are multiples of a half, so that lengths add up exactly, in whatever order articles come and go.
KIND_WEIGHTS = {UnitKind.TITLE: TITLE_WEIGHT, UnitKind.QUESTION: QUESTION_WEIGHT, UnitKind.PASSAGE: 1.0}


@dataclass(frozen=True)
class LexicalEvidence:
    """What the words say about every article and unit of the base, whatever its language.

    Attributes:
        article: by slot, BM25 of the article as a whole, as a share of a text of average length with every word once.
        unit: the same of each unit, by row.
        coverage: by slot, the share of the question's words, by how telling they are, that the article holds.
    """

    article: NDArray[np.float32]
    unit: NDArray[np.float32]
    coverage: NDArray[np.float32]

    @classmethod
    def of_nothing(cls, slots: int, rows: int) -> LexicalEvidence:
        """Return evidence with so much room."""
        return cls(np.zeros(slots, np.float32), np.zeros(rows, np.float32), np.zeros(slots, np.float32))


@dataclass(frozen=True)
class ArticleTerms:
    """The weighted terms of an article and of each of its units, and its words as they are spelt."""

    article: Counts
    units: tuple[Counts, ...]
    words: Mapping[str, int]


class Lexicon:
    """The articles of one language, by their words."""

    def __init__(self, language: str, articles: Sequence[tuple[Placed, ArticleTerms]] = ()) -> None:
        """Index these articles."""
        self.language = language
        self.vocabulary = Vocabulary(language)
        self._words: dict[int, Mapping[str, int]] = {}
        self._articles = LexicalIndex({}, ARTICLE_B)
        self._units = LexicalIndex({})
        self.add_all(articles)

    def copied(self) -> Lexicon:
        """Return another over the same articles."""
        other = Lexicon(self.language)
        other.vocabulary = self.vocabulary.copied()
        other._words = dict(self._words)
        other._articles = self._articles.copied()
        other._units = self._units.copied()
        return other

    @property
    def size(self) -> int:
        """How many articles there are."""
        return self._articles.size

    def add_all(self, articles: Sequence[tuple[Placed, ArticleTerms]]) -> None:
        """Index articles at places that no other has."""
        for placed, made in articles:
            self.vocabulary.add(made.words)
            self._words[placed.slot] = made.words
        self._articles.add_all({placed.slot: made.article for placed, made in articles})
        self._units.add_all(
            {
                handle: counts
                for placed, made in articles
                for handle, counts in zip(placed.rows, made.units, strict=True)
            }
        )

    def remove(self, placed: Placed) -> None:
        """Forget an article."""
        self.vocabulary.remove(self._words.pop(placed.slot))
        self._articles.remove(placed.slot)
        for handle in placed.rows:
            self._units.remove(handle)

    def question(self, text: str) -> dict[str, float]:
        """Return the weighted terms of a question; a repeated word counts once."""
        return {a_term: weight(a_term, self.language) for a_term in terms(text, self.language)}

    def add_evidence(self, question: Counts, evidence: LexicalEvidence) -> None:
        """Score every article and unit of this language for a question."""
        whole = 1 / (self._articles.best_possible(question) or 1.0)
        unit_whole = 1 / (self._units.best_possible(question) or 1.0)
        self._articles.add_scores(question, whole, evidence.article)
        self._articles.add_coverage(question, whole, evidence.coverage)
        self._units.add_scores(question, unit_whole, evidence.unit)

    def importance(self, a_term: str) -> float:
        """Return how telling a term is in this base."""
        return self._articles.idf(a_term) * weight(a_term, self.language)

    def known_share(self, question: Counts) -> float:
        """Return the share of the question's weight whose words the base uses at all."""
        whole = self._articles.best_possible(question)
        if not whole:
            return 0.0
        return self._articles.best_possible({a: w for a, w in question.items() if self._articles.knows(a)}) / whole


def article_terms(article: LiveArticle) -> ArticleTerms:
    """Return the terms of an article: the costly part of indexing it, which needs no lexicon."""
    language = article.language
    title = Counter(terms(article.title, language))
    headings = {
        heading: Counter(terms(heading, language))
        for heading in dict.fromkeys(stored.unit.heading for stored in article.units)
    }
    whole: dict[str, float] = {}
    units = []
    for stored in article.units:
        own = Counter(terms(stored.unit.text, language))
        _add(whole, own, KIND_WEIGHTS[stored.unit.kind])
        counts: dict[str, float] = dict(own)
        if stored.unit.kind is UnitKind.PASSAGE:
            _add(counts, title, CONTEXT_WEIGHT)
            _add(counts, headings[stored.unit.heading], CONTEXT_WEIGHT)
        units.append(counts)
    for counted in headings.values():
        _add(whole, counted, HEADING_WEIGHT)
    return ArticleTerms(whole, tuple(units), word_counts(stored.unit.text for stored in article.units))


def _add(counts: dict[str, float], more: Mapping[str, int], factor: float) -> None:
    for a_term, count in more.items():
        counts[a_term] = counts.get(a_term, 0.0) + factor * count
