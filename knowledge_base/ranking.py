"""From evidence to an order: both halves fused, one hit a group of translations, in the right language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

Scores = NDArray[np.float32]
Positions = NDArray[np.int64]


# What the words of an article add to the best cosine of its passages, title and questions. Measured on the development
# sets; flat between 0.3 and 0.4 in English and between 0.6 and 0.9 in Czech, which the default encoder cannot read.
# Feeding in more (cosines apart, the best unit's BM25, coverage) fitted these sets better and unseen ones worse.
ENGLISH_LEXICAL_WEIGHT = 0.35
OTHER_LEXICAL_WEIGHT = 0.8
SPARE = 4  # articles looked at for one hit wanted: more than an article has translations, as a rule
PREFERRED_LANGUAGE_BONUS = 0.15  # outweighs a slightly better match in another language, never a much better one


@dataclass(frozen=True)
class Evidence:
    """What both halves say, one row an article.

    Attributes:
        passage: cosine of the best passage, -1 when not compared; in a large base only the better of the two may be.
        question: cosine of the best title or alternative question, -1 when not compared.
        article: BM25 of the article, as `lexicon.LexicalEvidence`.
        unit: BM25 of its best unit.
        coverage: share of the question's words the article holds.
    """

    passage: Scores
    question: Scores
    article: Scores
    unit: Scores
    coverage: Scores

    @property
    def dense(self) -> Scores:
        """The better cosine of passage and question."""
        return np.maximum(self.passage, self.question)


def fuse(evidence: Evidence, lexical_weight: float) -> Scores:
    """Return one score an article."""
    total: Scores = evidence.dense + np.float32(lexical_weight) * evidence.article
    return total


def top(scores: Scores, count: int) -> Positions:
    """Return where the `count` highest scores are, in no order, with all that equal the lowest of them."""
    if count >= len(scores):
        return np.arange(len(scores))
    lowest = np.partition(scores, len(scores) - count)[len(scores) - count]
    return np.flatnonzero(scores >= lowest)


def best_of_groups(
    scores: Scores, groups: NDArray[np.int64], limit: int, keys: Sequence[SupportsRichComparison] | None = None
) -> Positions:
    """Return the position of the best article of each group, best group first.

    Args:
        scores: by position; what is minus infinity is left out.
        keys: by position, what breaks a tie, so that the same question always gets the same answer; the position
            itself when `None`.
    """
    count = int(np.isfinite(scores).sum())
    looked_at = min(count, SPARE * limit)
    while looked_at:
        candidates = [(-float(scores[p]), p if keys is None else keys[p], p) for p in top(scores, looked_at).tolist()]
        best: dict[int, int] = {}
        for _, _, position in sorted(candidates):
            best.setdefault(int(groups[position]), position)
        if len(best) >= limit or looked_at == count:
            return np.array(list(best.values())[:limit], np.int64)
        looked_at = min(count, SPARE * looked_at)
    return np.empty(0, np.int64)


def in_language(
    candidates: Sequence[int], languages: Sequence[str] | Mapping[int, str], wanted: Sequence[str], best: int
) -> int:
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
