"""Hybrid search over one generation of the base. Runs on the model thread; imports no web and no database.

Units have a vector in the space of the encoder of English and, when there is a multilingual encoder, in its space too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from knowledge_base import analysis, ranking
from knowledge_base.articles import LiveArticle, StoredUnit, Unit
from knowledge_base.confidence import ConfidenceModel, Features
from knowledge_base.index_change import IndexChange
from knowledge_base.languages import detector_of
from knowledge_base.lexicon import ArticleTerms, Lexicon, article_terms
from knowledge_base.placement import Placed, Placement
from knowledge_base.ranking import Evidence, Scores
from knowledge_base.reranking import CANDIDATES, Reranker
from knowledge_base.spaces import Spaces
from knowledge_base.store import LiveBase
from knowledge_base.unit_scores import ABSENT, UnitScores
from knowledge_base.vector_index import VectorIndex, Vectors

ENCODER_LANGUAGE = "en"  # what the default encoder reads
FALLBACK_LANGUAGE = "en"  # shown when an article is not there in the language wanted
CROWD = 5  # runners-up that show how crowded the neighbourhood of a question is
LEAD_BONUS = 0.15  # editors put the answer first: another passage is shown when it is clearly nearer to the question
DEPTH = 3  # units of the first article that should agree


@dataclass(frozen=True)
class Question:
    """What is asked: the text, its vector, and what the caller wants.

    Attributes:
        multilingual: its vector in the multilingual space, when it is to be searched there.
    """

    text: str
    vector: Vectors
    language: str | None = None
    limit: int = 5
    tags: tuple[str, ...] = ()
    multilingual: Vectors | None = None


@dataclass(frozen=True)
class Hit:
    """One article found, with its best passage; `highlight` holds offsets into `passage`.

    `rerank` is what the reranker says, which then decides the order; `None` where it did not read the hit.
    """

    article: LiveArticle
    passage: str
    heading: str
    markdown: str
    highlight: tuple[tuple[int, int], ...]
    score: float
    dense: float
    lexical: float
    rerank: float | None = None


@dataclass(frozen=True)
class Answer:
    """What was found, and how likely the first hit answers."""

    hits: tuple[Hit, ...]
    confidence: float
    answerable: bool
    language: str | None
    generation: int
    features: Features | None = None


class SearchIndex:
    """The published articles of one generation, ready to be searched, and led on to the next article by article.

    After it is built, everything must run on the model thread: a search sees a generation whole, since a change is one
    job there.

    Attributes:
        generation: the generation of the base that searches see.
    """

    def __init__(
        self,
        base: LiveBase,
        vectors: VectorIndex,
        model: ConfidenceModel,
        reranker: Reranker | None = None,
    ) -> None:
        """Index the articles, without looking into the vectors.

        Args:
            vectors: of the encoder of English; must hold every unit of theirs, and no other, once searches come.
            reranker: puts the first hits in another order.
        """
        self.generation = base.generation
        self._model = model
        self._reranker = reranker
        self._places = Placement()
        self._lexicons: dict[str, Lexicon] = {}
        self._spaces = Spaces(vectors)
        self._build(base.articles)
        self._detector = detector_of(self._places.languages)

    @property
    def articles(self) -> list[LiveArticle]:
        """The articles, in order of language and id."""
        return self._places.articles()

    @property
    def article_count(self) -> int:
        """How many articles there are."""
        return len(self._places)

    @property
    def unit_count(self) -> int:
        """How many units they have."""
        return len(self._places.row_of)

    @property
    def passage_count(self) -> int:
        """How many of the units are passages."""
        return self._places.passages

    @property
    def languages(self) -> frozenset[str]:
        """The languages articles are written in."""
        return self._places.languages

    @property
    def lacking(self) -> int:
        """How many units wait for their vector in the multilingual space; 0 without one."""
        return self._spaces.lacking

    def apply(self, change: IndexChange) -> bool:
        """Put the changed articles in the place of what they were; return whether it was done.

        A change that leads to no newer generation is refused, so that an old one never undoes a newer one.
        An error leaves the index unusable.
        """
        if change.generation <= self.generation:
            return False
        ids = change.gone | {made.article.article_id for made in change.articles}
        removed = [placed for article_id in sorted(ids) if (placed := self._take_out(article_id)) is not None]
        gone = [stored.unit_id for placed in removed for stored in placed.article.units]
        for made in change.articles:
            if made.article.units:
                placed = self._places.add(made.article)
                self._lexicon(made.article.language).add(placed, made.terms)
        self._spaces.swap(gone, change.vectors, change.multilingual)
        if self._detector.languages != self._places.languages:
            self._detector = detector_of(self._places.languages)
        self.generation = change.generation
        return True

    def units(self) -> dict[int, Unit]:
        """Return every unit by its id."""
        return {stored.unit_id: stored.unit for article in self.articles for stored in article.units}

    def attach(self, multilingual: VectorIndex) -> None:
        """Compare foreign questions in this space from now on; it may lack units, and must hold no others."""
        self._spaces.attach(multilingual, self._places.row_of)

    def fill(self, multilingual: Mapping[int, Vectors]) -> None:
        """Add vectors the multilingual space lacked, by unit id; those of units gone meanwhile are dropped."""
        self._spaces.fill(multilingual)

    def next_lacking(self, limit: int) -> list[StoredUnit]:
        """Return some of the units that wait for their multilingual vector, the newest first."""
        return [self._stored(unit_id) for unit_id in self._spaces.next_lacking(limit)]

    def wants_multilingual(self, question: Question) -> bool:
        """Return whether the question should come with its vector in the multilingual space."""
        if not self._spaces.multilingual_serves:
            return False
        return (self._detector.detect(question.text) or question.language or ENCODER_LANGUAGE) != ENCODER_LANGUAGE

    def search(self, question: Question) -> Answer:
        """Answer a question."""
        if not len(self._places):
            return Answer((), 0.0, False, question.language, self.generation)
        spoken = self._detector.detect(question.text)
        wanted = [language for language in (question.language, spoken, FALLBACK_LANGUAGE) if language]
        units = self._unit_scores(question)
        evidence = units.evidence
        scores = self._scores(evidence, spoken, wanted[0])
        if question.tags:
            scores[~self._places.tagged(question.tags)] = -np.inf
        fewest = 2 if self._reranker is None else CANDIDATES
        order = ranking.best_of_groups(scores, self._places.group, max(question.limit, fewest), self._places.keys)
        if not order.size:
            return Answer((), 0.0, False, wanted[0], self.generation)

        def hit(slot: np.int64) -> Hit:
            return self._hit(int(slot), wanted, units, question.text, float(scores[slot]))

        features = self._features(question, units, scores, order)
        confidence = self._model.probability(features)
        if self._reranker is None:
            hits = tuple(hit(slot) for slot in order[: question.limit])
        else:
            first = int(order[0])
            order, hits = self._reranked(self._reranker, question, order, [hit(slot) for slot in order])
            if int(order[0]) != first:
                # The first stage disagrees, and the model was fitted on what that stage puts first: of the probability
                # it gave to its own choice and the one it gives to this, the lower. Disagreement never adds certainty.
                features = self._features(question, units, scores, order)
                confidence = min(confidence, self._model.probability(features))
        return Answer(hits, confidence, confidence >= self._model.threshold, wanted[0], self.generation, features)

    def orders(self, question: Question) -> dict[str, list[str]]:
        """Return the ids found by words alone, by vectors alone, and by both, for comparison."""
        evidence = self._unit_scores(question).evidence
        spoken = self._detector.detect(question.text)
        preferred = question.language or spoken or FALLBACK_LANGUAGE
        halves = {
            "words": np.where(self._places.live, evidence.article, -np.inf).astype(np.float32),
            "vectors": np.where(self._places.live, evidence.dense, -np.inf).astype(np.float32),
            "fused": self._scores(evidence, spoken, preferred),
        }
        return {
            name: [
                self._places.at(int(slot)).article.article_id
                for slot in ranking.best_of_groups(scores, self._places.group, question.limit, self._places.keys)
            ]
            for name, scores in halves.items()
        }

    @staticmethod
    def _reranked(
        reranker: Reranker, question: Question, order: NDArray[np.int64], hits: Sequence[Hit]
    ) -> tuple[NDArray[np.int64], tuple[Hit, ...]]:
        """Return slots and hits with the first of them in the reranker's order; equal scores keep theirs."""
        read = reranker.scores(question.text, [f"{hit.article.title}. {hit.passage}" for hit in hits[:CANDIDATES]])
        if read is None:
            return order, tuple(hits[: question.limit])
        places = sorted(range(len(read)), key=lambda place: -read[place])
        places += range(len(read), len(hits))
        return order[places], tuple(
            replace(hits[place], rerank=read[place] if place < len(read) else None)
            for place in places[: question.limit]
        )

    def _build(self, articles: Sequence[LiveArticle]) -> None:
        made: dict[str, list[tuple[Placed, ArticleTerms]]] = {}
        for article in articles:
            if article.units:
                made.setdefault(article.language, []).append((self._places.add(article), article_terms(article)))
        self._lexicons = {language: Lexicon(language, those) for language, those in sorted(made.items())}

    def _lexicon(self, language: str) -> Lexicon:
        if language not in self._lexicons:
            self._lexicons[language] = Lexicon(language)
        return self._lexicons[language]

    def _take_out(self, article_id: str) -> Placed | None:
        placed = self._places.remove(article_id)
        if placed is not None:
            language = placed.article.language
            self._lexicons[language].remove(placed)
            if not self._lexicons[language].size:
                del self._lexicons[language]
        return placed

    def _unit_scores(self, question: Question) -> UnitScores:
        vectors = (question.vector, question.multilingual)
        return UnitScores(self._places, self._lexicons, self._spaces, question.text, vectors)

    def _stored(self, unit_id: int) -> StoredUnit:
        row = self._places.row_of[unit_id]
        placed = self._places.at(int(self._places.owner[row]))
        return placed.article.units[placed.rows.index(row)]

    def _scores(self, evidence: Evidence, spoken: str | None, preferred: str) -> Scores:
        """Return the score of each slot, minus infinity where no article stands."""
        foreign = spoken is not None and spoken != ENCODER_LANGUAGE
        scores = ranking.fuse(evidence, ranking.OTHER_LEXICAL_WEIGHT if foreign else ranking.ENGLISH_LEXICAL_WEIGHT)
        where = self._places.language == self._places.language_number(preferred)
        scores[where] += np.float32(ranking.PREFERRED_LANGUAGE_BONUS)
        scores[~self._places.live] = -np.inf
        return scores

    def _features(self, question: Question, units: UnitScores, scores: Scores, order: NDArray[np.int64]) -> Features:
        spoken = self._detector.detect(question.text)
        first, evidence = int(order[0]), units.evidence
        others = self._places.live.copy()
        others[self._places.members[int(self._places.group[first])]] = False
        dense, lexical = evidence.dense, evidence.unit
        next_dense = float(dense[others].max(initial=0.0))
        next_lexical = float(lexical[others].max(initial=0.0))
        lexicon = self._lexicons[self._places.at(first).article.language]
        asked = lexicon.question(question.text)
        nearest = dense[others]
        crowd = np.sort(nearest[ranking.top(nearest, CROWD)])[-CROWD:]
        return Features(
            dense=float(dense[first]),
            dense_margin=float(dense[first]) - next_dense,
            depth=self._depth(first, units),
            crowd=float(crowd.mean()) if crowd.size else 0.0,
            lexical_margin=float(lexical[first]) - next_lexical,
            margin=float(scores[first]) - float(scores[others].max(initial=0.0)),
            coverage=float(evidence.coverage[first]),
            known=lexicon.known_share(asked),
            length=math.log1p(len(asked)),
            foreign=float(spoken is not None and spoken != ENCODER_LANGUAGE),
        )

    def _depth(self, slot: int, units: UnitScores) -> float:
        cosines = units.compare(self._places.at(slot).rows)
        return float(np.sort(cosines)[-DEPTH:].mean()) if cosines.size else ABSENT

    def _hit(self, slot: int, wanted: Sequence[str], units: UnitScores, text: str, score: float) -> Hit:
        members = self._places.members[int(self._places.group[slot])]
        languages = {member: self._places.keys[member][0] for member in members}
        shown = self._places.at(ranking.in_language(members, languages, wanted, slot))
        passages = [row for row in shown.rows if self._places.is_passage[row]]
        candidates = passages or shown.rows
        combined = units.combined(candidates)
        combined[0] += LEAD_BONUS * bool(passages)
        best = candidates[int(combined.argmax())]
        unit = shown.article.units[shown.rows.index(best)].unit
        return Hit(
            article=shown.article,
            passage=unit.text,
            heading=unit.heading,
            markdown=unit.markdown or unit.text,
            highlight=_best_sentence(unit.text, unit.sentences, text, self._lexicons[shown.article.language]),
            score=score,
            dense=max(0.0, float(units.evidence.dense[slot])),
            lexical=float(units.evidence.unit[slot]),
        )


def _best_sentence(
    text: str, sentences: Sequence[tuple[int, int]], question: str, lexicon: Lexicon
) -> tuple[tuple[int, int], ...]:
    """Return the sentence that holds most of the question's telling words; none when it shares no word."""
    asked = {term: lexicon.importance(term) for term in lexicon.question(question)}
    best, best_score = None, 0.0
    for start, end in sentences:
        held = set(analysis.terms(text[start:end], lexicon.language))
        score = sum(importance for term, importance in asked.items() if term in held)
        if score > best_score + 1e-6:
            best, best_score = (start, end), score
    return () if best is None else (best,)
