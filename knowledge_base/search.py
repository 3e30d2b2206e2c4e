"""Hybrid search over one generation of the base. Runs on the model thread; imports no web and no database."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base import analysis, ranking
from knowledge_base.articles import LiveArticle, UnitKind
from knowledge_base.confidence import ConfidenceModel, Features
from knowledge_base.languages import LanguageDetector
from knowledge_base.lexicon import Lexicon
from knowledge_base.ranking import Evidence, Scores
from knowledge_base.store import LiveBase
from knowledge_base.vector_index import VectorIndex, Vectors

NEAREST_UNITS = 1_000  # vectors asked of the index; a small base is compared whole
LEXICAL_CANDIDATES = 50  # articles a language whose cosines are looked up although the index did not name them
ENCODER_LANGUAGE = "en"  # what the default encoder reads
FALLBACK_LANGUAGE = "en"  # shown when an article is not there in the language wanted
CROWD = 5  # runners-up that show how crowded the neighbourhood of a question is
LEAD_BONUS = 0.15  # editors put the answer first: another passage is shown when it is clearly nearer to the question
DEPTH = 3  # units of the first article that should agree
ABSENT = -1.0  # the cosine of what was not compared


@dataclass(frozen=True)
class Question:
    """What is asked: the text, its vector, and what the caller wants."""

    text: str
    vector: Vectors
    language: str | None = None
    limit: int = 5
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """One article found, with its best passage; `highlight` holds offsets into `passage`."""

    article: LiveArticle
    passage: str
    heading: str
    markdown: str
    highlight: tuple[tuple[int, int], ...]
    score: float
    dense: float
    lexical: float


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
    """One generation of the base, ready to be searched."""

    def __init__(self, base: LiveBase, vectors: VectorIndex, model: ConfidenceModel) -> None:
        """Index the articles; `vectors` must hold every unit of theirs."""
        self.generation = base.generation
        self.articles = sorted((a for a in base.articles if a.units), key=lambda a: (a.language, a.article_id))
        self.unit_count = sum(len(article.units) for article in self.articles)
        self.passage_count = sum(u.unit.kind is UnitKind.PASSAGE for a in self.articles for u in a.units)
        self._vectors = vectors
        self._model = model
        self._languages = [article.language for article in self.articles]
        present = sorted(set(self._languages))
        self._detector = LanguageDetector(present)
        self._slices = {language: self._positions(language) for language in present}
        self._lexicons = {language: Lexicon(language, self.articles[where]) for language, where in self._slices.items()}
        sizes = [len(article.units) for article in self.articles]
        self._first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        stored = [unit for article in self.articles for unit in article.units]
        self._unit_ids = np.array([unit.unit_id for unit in stored], dtype=np.int64)
        self._row_of = {unit.unit_id: row for row, unit in enumerate(stored)}
        self._is_passage = np.array([unit.unit.kind is UnitKind.PASSAGE for unit in stored], dtype=bool)
        names: dict[str, int] = {}
        self._groups = np.array([names.setdefault(a.group, len(names)) for a in self.articles], dtype=np.int64)
        self._members: dict[int, list[int]] = {}
        for position, group in enumerate(self._groups.tolist()):
            self._members.setdefault(group, []).append(position)

    def search(self, question: Question) -> Answer:
        """Answer a question."""
        if not self.articles:
            return Answer((), 0.0, False, question.language, self.generation)
        spoken = self._detector.detect(question.text)
        wanted = [language for language in (question.language, spoken, FALLBACK_LANGUAGE) if language]
        units = _UnitScores(self, question)
        evidence = units.evidence
        scores = self._scores(evidence, spoken, wanted[0])
        if question.tags:
            scores = np.where(self._tagged(question.tags), scores, -np.inf).astype(np.float32)
        order = ranking.best_of_groups(scores, self._groups, max(question.limit, 2))
        order = order[np.isfinite(scores[order])]
        if not order.size:
            return Answer((), 0.0, False, wanted[0], self.generation)
        features = self._features(question, evidence, scores, order, spoken)
        confidence = self._model.probability(features)
        hits = tuple(
            self._hit(int(position), wanted, units, float(scores[position])) for position in order[: question.limit]
        )
        return Answer(hits, confidence, confidence >= self._model.threshold, wanted[0], self.generation, features)

    def orders(self, question: Question) -> dict[str, list[str]]:
        """Return the ids found by words alone, by vectors alone, and by both, for comparison."""
        evidence = _UnitScores(self, question).evidence
        spoken = self._detector.detect(question.text)
        preferred = question.language or spoken or FALLBACK_LANGUAGE
        halves = {
            "words": evidence.article,
            "vectors": evidence.dense,
            "fused": self._scores(evidence, spoken, preferred),
        }
        return {
            name: [
                self.articles[int(position)].article_id
                for position in ranking.best_of_groups(scores, self._groups, question.limit)
            ]
            for name, scores in halves.items()
        }

    def _positions(self, language: str) -> slice:
        first = self._languages.index(language)
        return slice(first, first + self._languages.count(language))

    def _scores(self, evidence: Evidence, spoken: str | None, preferred: str) -> Scores:
        foreign = spoken is not None and spoken != ENCODER_LANGUAGE
        scores = ranking.fuse(evidence, ranking.OTHER_LEXICAL_WEIGHT if foreign else ranking.ENGLISH_LEXICAL_WEIGHT)
        where = self._slices.get(preferred)
        if where is not None:
            scores[where] += np.float32(ranking.PREFERRED_LANGUAGE_BONUS)
        return scores

    def _tagged(self, tags: Sequence[str]) -> NDArray[np.bool_]:
        return np.array([set(tags) <= set(article.tags) for article in self.articles], dtype=bool)

    def _features(
        self, question: Question, evidence: Evidence, scores: Scores, order: NDArray[np.int64], spoken: str | None
    ) -> Features:
        first = int(order[0])
        others = np.ones(len(self.articles), dtype=bool)
        others[self._members[int(self._groups[first])]] = False
        dense, lexical = evidence.dense, evidence.unit
        next_dense = float(dense[others].max(initial=0.0))
        next_lexical = float(lexical[others].max(initial=0.0))
        lexicon = self._lexicons[self._languages[first]]
        asked = lexicon.question(question.text)
        return Features(
            dense=float(dense[first]),
            dense_margin=float(dense[first]) - next_dense,
            depth=self._depth(first, question.vector),
            crowd=float(np.sort(dense[others])[-CROWD:].mean()) if others.any() else 0.0,
            lexical_margin=float(lexical[first]) - next_lexical,
            margin=float(scores[first]) - float(scores[others].max(initial=0.0)),
            coverage=float(evidence.coverage[first]),
            known=lexicon.known_share(asked),
            length=math.log1p(len(asked)),
            foreign=float(spoken is not None and spoken != ENCODER_LANGUAGE),
        )

    def _depth(self, position: int, vector: Vectors) -> float:
        rows = slice(int(self._first[position]), int(self._first[position + 1]))
        cosines = self._vectors.vectors_of(self._unit_ids[rows].tolist()) @ vector
        return float(np.sort(cosines)[-DEPTH:].mean())

    def _hit(self, position: int, wanted: Sequence[str], units: _UnitScores, score: float) -> Hit:
        shown = ranking.in_language(self._members[int(self._groups[position])], self._languages, wanted, position)
        article = self.articles[shown]
        rows = range(int(self._first[shown]), int(self._first[shown + 1]))
        passages = [row for row in rows if self._is_passage[row]]
        lead = passages[:1]
        best = max(passages or rows, key=lambda row: float(units.combined[row]) + LEAD_BONUS * (row in lead))
        unit = article.units[best - int(self._first[shown])].unit
        lexicon = self._lexicons[article.language]
        return Hit(
            article=article,
            passage=unit.text,
            heading=unit.heading,
            markdown=unit.markdown or unit.text,
            highlight=_best_sentence(unit.text, unit.sentences, units.question.text, lexicon),
            score=score,
            dense=max(0.0, float(units.evidence.dense[position])),
            lexical=float(units.evidence.unit[position]),
        )


class _UnitScores:
    """Both halves' scores of every unit for one question, and per article."""

    def __init__(self, index: SearchIndex, question: Question) -> None:
        self.question = question
        articles = len(index.articles)
        lexical = {name: lexicon.evidence(lexicon.question(question.text)) for name, lexicon in index._lexicons.items()}
        by_article = np.concatenate([lexical[name].article for name in index._slices])
        unit = np.concatenate([lexical[name].unit for name in index._slices])
        cosine = np.full(index.unit_count, ABSENT, dtype=np.float32)
        ids, scores = index._vectors.search(question.vector, NEAREST_UNITS)
        cosine[[index._row_of[unit_id] for unit_id in ids.tolist()]] = scores
        if len(ids) < index.unit_count:
            self._look_up(index, question, by_article, cosine)
        starts = index._first[:-1]
        self.combined = np.maximum(cosine, 0) + ranking.ENGLISH_LEXICAL_WEIGHT * unit
        self.evidence = Evidence(
            passage=np.maximum.reduceat(np.where(index._is_passage, cosine, ABSENT), starts),
            question=np.maximum.reduceat(np.where(index._is_passage, ABSENT, cosine), starts),
            article=by_article,
            unit=np.maximum.reduceat(unit, starts),
            coverage=np.concatenate([lexical[name].coverage for name in index._slices]),
        )
        assert len(self.evidence.passage) == articles  # noqa: S101 - every article has a unit

    @staticmethod
    def _look_up(index: SearchIndex, question: Question, by_article: Scores, cosine: Scores) -> None:
        """Compare the units of the best articles by words, where the vector search did not name them."""
        candidates = {
            int(position) + where.start
            for where in index._slices.values()
            for position in np.argsort(-by_article[where])[:LEXICAL_CANDIDATES]
        }
        named = np.unique(np.searchsorted(index._first, np.flatnonzero(cosine > ABSENT), side="right") - 1)
        rows = np.concatenate(
            [np.arange(index._first[a], index._first[a + 1]) for a in sorted(candidates | set(named.tolist()))]
        )
        rows = rows[cosine[rows] == ABSENT]
        cosine[rows] = index._vectors.vectors_of(index._unit_ids[rows].tolist()) @ question.vector


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
