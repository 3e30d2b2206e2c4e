"""From evidence to an order: both halves fused, one hit a group of translations, in the right language. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

Scores = NDArray[np.float32]
Positions = NDArray[np.int64]


class Way(StrEnum):
    """How a question is compared.

    An English one in the space of the encoder of English; another in the multilingual space or, where there is none,
    in the English space too, with words telling most.
    """

    ENGLISH = "english"
    MULTILINGUAL = "multilingual"
    WORDS = "words"


@dataclass(frozen=True)
class Fusion:
    """How much each piece of evidence weighs, and what a language is worth.

    Attributes:
        best: cosine of the best unit.
        depth: mean cosine of the three best units.
        mean: cosine of the article's mean vector.
        article: BM25 of the article.
        unit: BM25 of its best unit.
        own_language: added to articles in the question's language.
        centred: whether cosines count from those of the best articles of the same language: an encoder of many
            languages finds any text in the question's language nearer.
        passage_words: BM25 of a passage, among those of one article.
        lead: what the first passage of an article has in advance: editors put the answer first.
    """

    best: float
    depth: float
    mean: float
    article: float
    unit: float
    own_language: float
    centred: bool
    passage_words: float
    lead: float


# Measured on the development sets, flat around these values. A model with more inputs fitted these sets better and
# unseen ones worse. Multilingual-e5 keeps all its cosines between .75 and .95: what is added is smaller there.
FUSIONS = {
    Way.ENGLISH: Fusion(
        best=0.8,
        depth=0.0,
        mean=0.2,
        article=0.25,
        unit=0.1,
        own_language=0.15,
        centred=False,
        passage_words=0.35,
        lead=0.15,
    ),
    Way.MULTILINGUAL: Fusion(
        best=0.2,
        depth=0.5,
        mean=0.3,
        article=0.06,
        unit=0.04,
        own_language=-0.02,  # centring makes languages equal; what words add speaks for the question's own already
        centred=True,
        passage_words=0.1,
        lead=0.03,
    ),
    Way.WORDS: Fusion(
        best=1.0,
        depth=0.0,
        mean=0.0,
        article=0.8,
        unit=0.0,
        own_language=0.15,
        centred=False,
        passage_words=0.35,
        lead=0.15,
    ),
}
CANDIDATES = 40  # articles a language whose units are all compared
CENTRE = 20  # articles a language whose mean cosine is its middle
SPARE = 4  # articles looked at for one hit wanted: more than an article has translations, as a rule


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


def rough(evidence: Evidence, fusion: Fusion) -> Scores:
    """Return a score an article that needs only its best unit: enough to tell which articles to look into."""
    total: Scores = (
        evidence.dense + np.float32(fusion.article) * evidence.article + np.float32(fusion.unit) * evidence.unit
    )
    return total


def fuse(
    evidence: Evidence,
    fusion: Fusion,
    candidates: Positions,
    depth: Scores,
    mean: Scores,
    languages: NDArray[np.int32],
    own: int,
) -> Scores:
    """Return one score an article, minus infinity for those that are no candidates.

    Args:
        candidates: positions of the articles to score.
        depth: mean cosine of the three best units, by candidate.
        mean: cosine of the mean vector, by candidate.
        languages: the language of each article, as a number.
        own: that of the question; -1 when it is not known.
    """
    dense = fusion.best * evidence.dense[candidates] + fusion.depth * depth + fusion.mean * mean
    spoken = languages[candidates]
    if fusion.centred:
        for language in np.unique(spoken):
            where = spoken == language
            dense[where] -= np.sort(dense[where])[-CENTRE:].mean()
    scores = np.full(len(evidence.article), -np.inf, np.float32)
    words = fusion.article * evidence.article[candidates] + fusion.unit * evidence.unit[candidates]
    scores[candidates] = dense + words + fusion.own_language * (spoken == own)
    return scores


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
