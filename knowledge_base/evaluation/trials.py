"""Asking labelled questions of a base: what came first, how sure the answer was, and whether it was right."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge_base.articles.articles import LiveArticle, NewArticle, StoredUnit
from knowledge_base.encoder import Encoder, encode_units
from knowledge_base.evaluation.datasets import LabelledQuestion, LabelledSet
from knowledge_base.search.confidence import Confidence, Features
from knowledge_base.search.question import Question
from knowledge_base.search.ranking import Way
from knowledge_base.search.search import SearchIndex
from knowledge_base.search.vector_index import FaissIndex
from knowledge_base.service import split
from knowledge_base.store.live import LiveBase
from knowledge_base.vectors import Vectors

FOLDS = 4  # a quarter of the articles is taken away at a time, so a base keeps most of its size
SEED = 7
HITS = 10
# Bases of so many articles are cut out of a set, so many times: what a score is worth hangs on how many there are.
SMALLER = ((5, 12), (10, 8), (20, 5), (50, 3), (120, 1))
LARGEST_CUT = 2 / 3  # of a set; more is nearly the set itself
TRIALS_A_SIZE = (
    200  # questions with an answer, at most; half as many of what was left out, a quarter of each other kind
)
FEWEST_A_BASE, MOST_A_BASE = 10, 60


@dataclass(frozen=True)
class Trial:
    """One question asked.

    Attributes:
        answerable: whether the base of this trial holds an answer.
        answered: whether the confidence reached the threshold.
        ranks: where the first right article came, from 1, by words, by vectors and fused; `None` beyond the tenth
            or when there is none.
        kind: `routine`, `near` or `far` unanswerable, `removed` when its article was taken away, `foreign`
            when it was asked of another set.
        way: how it was compared.
        gone: the groups of articles the base lacked.
    """

    question: LabelledQuestion
    answerable: bool
    answered: bool
    ranks: Mapping[str, int | None]
    kind: str
    confidence: float
    features: Features
    way: Way
    gone: frozenset[str] = frozenset()

    @property
    def right(self) -> bool:
        """Whether the first hit answers the question."""
        return self.ranks["fused"] == 1


class Bench:
    """A labelled set's base, encoded once, of which parts can be searched."""

    def __init__(
        self, labelled: LabelledSet, encoder: Encoder, multilingual: Encoder | None, confidence: Confidence
    ) -> None:
        """Split and encode the articles."""
        self.labelled = labelled
        self._encoder = encoder
        self._multilingual = multilingual
        self._confidence = confidence
        self._articles: list[LiveArticle] = []
        next_id = 0
        for article in labelled.articles:
            stored = tuple(
                StoredUnit(next_id + number, article.article_id, unit)
                for number, unit in enumerate(split(article.content))
            )
            next_id += len(stored)
            self._articles.append(_live(article, stored))
        units = [each.unit for article in self._articles for each in article.units]
        self._vectors = encode_units(encoder, units)
        self._foreign_vectors = None if multilingual is None else encode_units(multilingual, units)

    def index(self, without: frozenset[str] = frozenset()) -> SearchIndex:
        """Return search over the base without some groups of articles."""
        kept = tuple(article for article in self._articles if article.group not in without)
        ids = [stored.unit_id for article in kept for stored in article.units]
        index = SearchIndex(LiveBase(0, kept), _faiss(self._vectors, ids), self._confidence)
        if self._foreign_vectors is not None:
            index.attach(_faiss(self._foreign_vectors, ids))
        return index

    def ask(
        self,
        index: SearchIndex,
        questions: Sequence[LabelledQuestion],
        gone: frozenset[str] = frozenset(),
        multilingual: bool | None = None,
    ) -> Iterable[Trial]:
        """Ask questions of an index from which the groups `gone` were taken.

        Args:
            multilingual: whether to compare in the multilingual space; as search would, when `None`.
        """
        vectors = self._encoder.encode([question.text for question in questions])
        foreign: dict[str, Vectors] = {}
        if self._multilingual is not None:
            wanted = [
                question.text
                for question in questions
                if (index.wants_multilingual(question.text, None) if multilingual is None else multilingual)
            ]
            foreign = dict(zip(wanted, self._multilingual.encode(wanted), strict=True))
        for question, vector in zip(questions, vectors, strict=True):
            asked = Question(question.text, vector, limit=HITS, multilingual=foreign.get(question.text))
            answer = index.search(asked)
            if answer.features is None or answer.way is None:
                continue
            gold = question.gold - gone
            yield Trial(
                question=question,
                answerable=bool(gold),
                answered=answer.answerable,
                ranks={half: _rank(order, gold) for half, order in index.orders(asked).items()},
                kind="removed" if question.gold and not gold else question.kind,
                confidence=answer.confidence,
                features=answer.features,
                way=answer.way,
                gone=gone,
            )

    def trials(
        self,
        questions: Sequence[LabelledQuestion],
        foreign: Sequence[LabelledQuestion],
        multilingual: bool | None = None,
    ) -> list[Trial]:
        """Ask every question, and, where the set has none, questions the base cannot answer.

        Those are its own with their articles taken away, and `foreign` ones of other sets.
        """
        found = list(self.ask(self.index(), questions, multilingual=multilingual))
        if self.labelled.holds_unanswerable:
            return found
        for gone in self.folds():
            lost = [question for question in questions if question.gold <= gone]
            found += self.ask(self.index(gone), lost, gone, multilingual)
        others = [LabelledQuestion(question.text, frozenset(), "foreign") for question in foreign]
        return found + list(self.ask(self.index(), others, multilingual=multilingual))

    def smaller(
        self,
        questions: Sequence[LabelledQuestion],
        foreign: Sequence[LabelledQuestion],
        multilingual: bool | None = None,
    ) -> list[list[Trial]]:
        """Ask questions of smaller bases cut out of this one at random; the trials of each size in a list of their own.

        The questions of articles left out are what such a base cannot answer, beside `foreign` ones and the set's own.
        """
        draw = random.Random(SEED)  # noqa: S311 - a reproducible sample, not a secret
        groups = sorted({article.group for article in self._articles})
        unknown = [question for question in questions if not question.gold]
        others = [LabelledQuestion(question.text, frozenset(), "foreign") for question in foreign]
        found = []
        for size, times in SMALLER:
            if size > LARGEST_CUT * len(groups):
                break
            trials: list[Trial] = []
            most = max(FEWEST_A_BASE, min(MOST_A_BASE, TRIALS_A_SIZE // times))
            for _ in range(times):
                gone = frozenset(groups) - frozenset(draw.sample(groups, size))
                lacking = frozenset(article.article_id for article in self._articles if article.group in gone)
                lost = [question for question in questions if question.gold and question.gold <= lacking]
                kept = [question for question in questions if question.gold - lacking]
                asked = [(kept, most), (lost, most // 2), (unknown, most // 4), (others, most // 4)]
                chosen = [each for pool, count in asked for each in draw.sample(pool, min(count, len(pool)))]
                trials += self.ask(self.index(gone), chosen, lacking, multilingual)
            found.append(trials)
        return found

    def folds(self) -> list[frozenset[str]]:
        """Return the groups of articles to take away, a quarter at a time."""
        groups = sorted({article.group for article in self._articles})
        random.Random(SEED).shuffle(groups)  # noqa: S311 - a reproducible split, not a secret
        return [frozenset(groups[number::FOLDS]) for number in range(FOLDS)]


def weights_of(trials: Sequence[Trial], unanswerable_share: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return a weight a trial: unanswerable ones weigh `unanswerable_share` of the set, which weighs 1 as a whole."""
    answerable = np.array([trial.answerable for trial in trials])
    positive, negative = max(1, int(answerable.sum())), max(1, int((~answerable).sum()))
    return np.where(answerable, (1 - unanswerable_share) / positive, unanswerable_share / negative)


def _rank(order: Sequence[str], gold: frozenset[str]) -> int | None:
    return next((rank for rank, article_id in enumerate(order, 1) if article_id in gold), None)


def _faiss(vectors: Vectors, ids: Sequence[int]) -> FaissIndex:
    made = FaissIndex(vectors.shape[1])
    made.add(ids, vectors[ids])
    return made


def _live(article: NewArticle, units: tuple[StoredUnit, ...]) -> LiveArticle:
    return LiveArticle(
        article_id=article.article_id,
        external_id=article.external_id,
        group=article.translation_of or article.article_id,
        title=article.content.title,
        language=article.content.language,
        tags=article.content.tags,
        units=units,
    )
