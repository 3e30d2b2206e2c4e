"""From evidence to an order: both halves fused, one hit a group of translations, in the right language. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """How the parts of the evidence add up to a score.

    Attributes:
        passage: cosine of the best passage.
        question: cosine of the best title or alternative question.
        article: BM25 of the whole article.
        unit: BM25 of its best unit.
    """

    passage: float
    question: float
    article: float
    unit: float


# Measured on the development sets (see `confidence.json` for how). MiniLM reads English only: elsewhere words lead.
ENGLISH = Weights(passage=0.5, question=0.5, article=0.25, unit=0.25)
OTHER = Weights(passage=0.25, question=0.25, article=0.5, unit=0.5)
PREFERRED_LANGUAGE_BONUS = 0.15  # outweighs a slightly better match in another language, never a much better one


@dataclass(frozen=True)
class Evidence:
    """What both halves say, one row an article.

    Attributes:
        passage: cosine of the best passage, -1 when not compared.
        question: cosine of the best title or alternative question, -1 when not compared.
        article: BM25 of the article, as `lexicon.LexicalEvidence`.
        unit: BM25 of its best unit.
        coverage: share of the question's words the article holds.
        unit_coverage: share of them its best unit holds.
    """

    passage: Scores
    question: Scores
    article: Scores
    unit: Scores
    coverage: Scores
    unit_coverage: Scores

    @property
    def dense(self) -> Scores:
        """The better cosine of passage and question."""
        return np.maximum(self.passage, self.question)


def fuse(evidence: Evidence, weights: Weights) -> Scores:
    """Return one score an article."""
    total: Scores = (
        weights.passage * evidence.passage
        + weights.question * evidence.question
        + weights.article * evidence.article
        + weights.unit * evidence.unit
    )
    return total


def best_of_groups(scores: Scores, groups: NDArray[np.int64], limit: int) -> Positions:
    """Return the position of the best article of each group, best group first.

    Equal scores keep the order of the articles, so that the same question always gets the same answer.
    """
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(groups[order], return_index=True)
    best: Positions = order[np.sort(first)][:limit]
    return best


def in_language(candidates: Sequence[int], languages: Sequence[str], wanted: Sequence[str], best: int) -> int:
    """Return which translation of an article to show.

    Args:
        candidates: positions of an article and its translations.
        languages: language by position.
        wanted: languages from the most wanted on.
        best: the position that scored best, shown when none of the wanted languages is there.
    """
    for language in wanted:
        if languages[best] == language:
            return best
        for position in candidates:
            if languages[position] == language:
                return position
    return best
