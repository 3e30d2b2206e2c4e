"""The lexical half over a base: one BM25 a language over articles, one over their units. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.analysis import terms, weight
from knowledge_base.articles import LiveArticle, UnitKind
from knowledge_base.lexical_index import LexicalIndex

TITLE_WEIGHT = 3.0  # a word of the title counts as three of the body
QUESTION_WEIGHT = 1.0
HEADING_WEIGHT = 1.0
CONTEXT_WEIGHT = 0.5  # title and headings, when one passage is scored by itself


@dataclass(frozen=True)
class LexicalEvidence:
    """What the words say about the articles of one language and their units.

    Attributes:
        article: BM25 of each article as a whole, as a share of a text of average length with every word once.
        unit: the same for each unit, article after article.
        coverage: share of the question's words, by how telling they are, that each article holds.
    """

    article: NDArray[np.float32]
    unit: NDArray[np.float32]
    coverage: NDArray[np.float32]


class Lexicon:
    """The articles of one language, by their words."""

    def __init__(self, language: str, articles: Sequence[LiveArticle]) -> None:
        """Index these articles; the answers of `evidence` go by their positions."""
        self.language = language
        counts = [_article_terms(article, language) for article in articles]
        self._articles = LexicalIndex(counts)
        self._units = LexicalIndex([text for article in articles for text in _unit_terms(article, language)])

    def question(self, text: str) -> dict[str, float]:
        """Return the weighted terms of a question; a repeated word counts once."""
        return {a_term: weight(a_term, self.language) for a_term in terms(text, self.language)}

    def evidence(self, question: Mapping[str, float]) -> LexicalEvidence:
        """Score every article, and every unit, for a question."""
        whole = np.float32(self._articles.best_possible(question) or 1.0)
        unit_whole = np.float32(self._units.best_possible(question) or 1.0)
        return LexicalEvidence(
            article=self._articles.scores(question) / whole,
            unit=self._units.scores(question) / unit_whole,
            coverage=self._articles.coverage(question) / whole,
        )

    def importance(self, a_term: str) -> float:
        """Return how telling a term is in this base."""
        return self._articles.idf(a_term) * weight(a_term, self.language)

    def known_share(self, question: Mapping[str, float]) -> float:
        """Return the share of the question's weight whose words the base uses at all."""
        whole = self._articles.best_possible(question)
        if not whole:
            return 0.0
        return self._articles.best_possible({a: w for a, w in question.items() if self._articles.knows(a)}) / whole


def _article_terms(article: LiveArticle, language: str) -> Mapping[str, float]:
    counts: Counter[str] = Counter()
    headings = set()
    for stored in article.units:
        unit = stored.unit
        factor = {UnitKind.TITLE: TITLE_WEIGHT, UnitKind.QUESTION: QUESTION_WEIGHT, UnitKind.PASSAGE: 1.0}[unit.kind]
        _add(counts, unit.text, language, factor)
        if unit.heading and unit.heading not in headings:
            headings.add(unit.heading)
            _add(counts, unit.heading, language, HEADING_WEIGHT)
    return counts


def _unit_terms(article: LiveArticle, language: str) -> list[Mapping[str, float]]:
    made: list[Mapping[str, float]] = []
    for stored in article.units:
        counts: Counter[str] = Counter()
        _add(counts, stored.unit.text, language, 1.0)
        if stored.unit.kind is UnitKind.PASSAGE:
            _add(counts, f"{article.title} {stored.unit.heading}", language, CONTEXT_WEIGHT)
        made.append(counts)
    return made


def _add(counts: Counter[str], text: str, language: str, factor: float) -> None:
    for a_term in terms(text, language):
        counts[a_term] += factor  # type: ignore[assignment]  # typeshed wants whole counts; weighted ones are meant
