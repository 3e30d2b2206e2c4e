"""Hybrid search over one generation of the base. Runs on the model thread; imports no web and no database.

Units have a vector in the space of the encoder of English and, when there is a multilingual encoder, in its space too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from knowledge_base.articles.articles import LiveArticle, StoredUnit, Unit, UnitKind
from knowledge_base.search import ranking
from knowledge_base.search.confidence import Confidence, Features
from knowledge_base.search.index_change import IndexChange
from knowledge_base.search.lexicon import ArticleTerms, Lexicon, article_terms
from knowledge_base.search.placement import Placed, Placement
from knowledge_base.search.ranking import FUSIONS, Scores, Way
from knowledge_base.search.reranking import CANDIDATES, Reranker
from knowledge_base.search.spaces import Spaces
from knowledge_base.search.spelling import Vocabulary
from knowledge_base.search.unit_scores import UnitScores
from knowledge_base.search.vector_index import VectorIndex
from knowledge_base.store.live import LiveBase
from knowledge_base.text import analysis
from knowledge_base.text.languages import ENGLISH, Reading, detector_of
from knowledge_base.vectors import Vectors

FALLBACK_LANGUAGE = ENGLISH  # shown when an article is not there in the language wanted
ALONE = 0.5  # the margin of an article that has no rival; more than nearly any has
UNTOLD = 0.5  # the share of words known, when question and article are in different languages
CROWD = 5  # runners-up that show how crowded the neighbourhood of a question is


@dataclass(frozen=True)
class Filters:
    """Which articles a hit may be: with all these tags, and in this language unless it is `None`."""

    tags: tuple[str, ...] = ()
    language: str | None = None


EVERYTHING = Filters()


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
    filters: Filters = EVERYTHING
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
    way: Way | None = None


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
        confidence: Confidence,
        reranker: Reranker | None = None,
    ) -> None:
        """Index the articles, without looking into the vectors.

        Args:
            vectors: of the encoder of English; must hold every unit of theirs, and no other, once searches come.
            reranker: puts the first hits in another order.
        """
        self.generation = base.generation
        self._confidence = confidence
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
        self.prepare_vectors(change, self.prepare_words(change))
        self.generation = change.generation
        return True

    def prepare_words(self, change: IndexChange) -> list[int]:
        """Do the first half of `apply` in an index that answers nobody yet: its generation stays what it was.

        On any thread. Returns the units that are gone, for the second half.
        """
        removed = [placed for article_id in sorted(change.ids) if (placed := self._take_out(article_id)) is not None]
        gone = [stored.unit_id for placed in removed for stored in placed.article.units]
        added: dict[str, list[tuple[Placed, ArticleTerms]]] = {}
        for made in change.articles:
            if made.article.units:
                added.setdefault(made.article.language, []).append((self._places.add(made.article), made.terms))
        for language, those in added.items():
            if language not in self._lexicons:
                self._lexicons[language] = Lexicon(language)
            self._lexicons[language].add_all(those)
        if self._detector.languages != self._places.languages:
            self._detector = detector_of(self._places.languages)
        return gone

    def prepare_vectors(self, change: IndexChange, gone: Sequence[int]) -> None:
        """Do the second half, on the model thread."""
        self._spaces.swap(gone, change.vectors, change.multilingual)

    def copied_words(self) -> SearchIndex:
        """Return another over the same articles, which shares the vectors until `use_vectors`.

        On any thread, while nothing is applied.
        """
        other = copy(self)
        other._places = self._places.copied()
        other._lexicons = {language: lexicon.copied() for language, lexicon in self._lexicons.items()}
        return other

    def use_vectors(self, english: VectorIndex, multilingual: VectorIndex | None) -> None:
        """Have an index made by `copied_words` use copies of the vectors."""
        self._spaces = self._spaces.over(english, multilingual)

    def units(self) -> dict[int, Unit]:
        """Return every unit by its id."""
        return {stored.unit_id: stored.unit for article in self.articles for stored in article.units}

    def passages(self) -> list[str]:
        """Return the Markdown of every passage, as hits show it."""
        units = (stored.unit for article in self.articles for stored in article.units)
        return [unit.markdown or unit.text for unit in units if unit.kind is UnitKind.PASSAGE]

    def attach(self, multilingual: VectorIndex) -> None:
        """Compare foreign questions in this space from now on; it may lack units, and must hold no others."""
        self._spaces.attach(multilingual, self._places.row_of)

    def fill(self, multilingual: Mapping[int, Vectors]) -> None:
        """Add vectors the multilingual space lacked, by unit id; those of units gone meanwhile are dropped."""
        self._spaces.fill(multilingual)

    def next_lacking(self, limit: int) -> list[StoredUnit]:
        """Return some of the units that wait for their multilingual vector, the newest first."""
        return [self._stored(unit_id) for unit_id in self._spaces.next_lacking(limit)]

    def read(self, text: str, language: str | None) -> Reading:
        """Return how to read a question: its language, or the customer's setting where the text does not tell."""
        languages = self._places.languages
        usual = ENGLISH if ENGLISH in languages or not languages else min(languages)
        return self._detector.read(text, language or usual)

    def wants_multilingual(self, text: str, language: str | None) -> bool:
        """Return whether a question should come with its vector in the multilingual space."""
        return self._spaces.multilingual_serves and self.read(text, language).foreign

    def vocabularies(self, reading: Reading) -> list[Vocabulary]:
        """Return the words of the articles in the languages a question may be in, the likeliest first."""
        likely = reading.language or (ENGLISH if not reading.foreign else None)
        chosen = [likely] if likely else sorted(self._lexicons)
        return [self._lexicons[name].vocabulary for name in chosen if name in self._lexicons]

    def search(self, question: Question) -> Answer:
        """Answer a question."""
        if not len(self._places):
            return Answer((), 0.0, False, question.language, self.generation)
        asked = self._ask(question)
        fewest = max(question.limit, 2 if self._reranker is None else CANDIDATES)
        order = ranking.best_of_groups(asked.scores, self._places.group, fewest, self._places.keys)
        if not order.size:
            return Answer((), 0.0, False, asked.wanted[0], self.generation)
        features, model = self._features(asked, order), self._confidence[asked.way]
        confidence = model.probability(features)
        if self._reranker is None:
            hits = tuple(self._hit(int(slot), asked) for slot in order[: question.limit])
        else:
            first = int(order[0])
            found = [self._hit(int(slot), asked) for slot in order]
            order, hits = self._reranked(self._reranker, question, order, found)
            if int(order[0]) != first:
                # The first stage disagrees, and the model was fitted on what that stage puts first: of the probability
                # it gave to its own choice and the one it gives to this, the lower. Disagreement never adds certainty.
                features = self._features(asked, order)
                confidence = min(confidence, model.probability(features))
        answerable = confidence >= model.threshold
        return Answer(hits, confidence, answerable, asked.wanted[0], self.generation, features, asked.way)

    def orders(self, question: Question) -> dict[str, list[str]]:
        """Return the ids found by words alone, by vectors alone, and by both, for comparison."""
        asked = self._ask(question)
        evidence = asked.units.evidence
        halves = {
            "words": np.where(self._places.live, evidence.article, -np.inf).astype(np.float32),
            "vectors": np.where(self._places.live, evidence.dense, -np.inf).astype(np.float32),
            "fused": asked.scores,
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

    def _ask(self, question: Question) -> _Asked:
        """Compare a question with every article."""
        reading = self.read(question.text, question.language)
        units = self._unit_scores(question)
        if question.multilingual is not None and units.multilingual is not None:
            way = Way.MULTILINGUAL
        else:
            way = Way.WORDS if reading.foreign else Way.ENGLISH
        own = self._places.language_number(reading.language or question.language or FALLBACK_LANGUAGE)
        fusion = FUSIONS[way]
        allowed, possible = self._allowed(question.filters), self._places.live
        if allowed is not possible:  # by its translations too is an article found that may be shown
            possible = possible & np.isin(self._places.group, self._places.group[allowed])
        rough = ranking.rough(units.evidence, fusion)
        most = max(ranking.CANDIDATES, ranking.SPARE * question.limit)
        chosen = [np.empty(0, np.int64)]
        for language in self._places.languages:
            slots = np.flatnonzero(possible & (self._places.language == self._places.language_number(language)))
            chosen.append(slots[ranking.top(rough[slots], most)])
        candidates = np.concatenate(chosen)
        depth, mean = units.look_into(candidates)
        scores = ranking.fuse(units.evidence, fusion, candidates, depth, mean, self._places.language, own)
        wanted = tuple(language for language in (question.language, reading.language, FALLBACK_LANGUAGE) if language)
        depths = dict(zip(candidates.tolist(), depth.tolist(), strict=True))
        return _Asked(question.text, reading, way, wanted, units, scores, depths, allowed)

    def _allowed(self, filters: Filters) -> NDArray[np.bool_]:
        """Return, by slot, whether an article may be shown."""
        allowed = self._places.live
        if filters.tags:
            allowed = allowed & self._places.tagged(filters.tags)
        if filters.language is not None:
            allowed = allowed & (self._places.language == self._places.language_number(filters.language))
        return allowed

    def _features(self, asked: _Asked, order: NDArray[np.int64]) -> Features:
        first, evidence = int(order[0]), asked.units.evidence
        others = self._places.live.copy()
        others[self._places.members[int(self._places.group[first])]] = False
        dense, lexical = evidence.dense, evidence.unit
        next_dense = float(dense[others].max(initial=0.0))
        next_lexical = float(lexical[others].max(initial=0.0))
        language = self._places.at(first).article.language
        lexicon = self._lexicons[language]
        question = lexicon.question(asked.text)
        nearest = dense[others]
        crowd = np.sort(nearest[ranking.top(nearest, CROWD)])[-CROWD:]
        rivals = asked.scores[others]
        rivals = rivals[np.isfinite(rivals)]
        crowd_scores = np.sort(rivals[ranking.top(rivals, CROWD)])[-CROWD:]
        first_score = float(asked.scores[first])
        cross = (asked.reading.language or FALLBACK_LANGUAGE) != language
        depth, around = asked.depth[first], float(crowd.mean()) if crowd.size else 0.0
        return Features(
            dense=float(dense[first]),
            dense_margin=float(dense[first]) - next_dense,
            depth=depth,
            crowd=around,
            clear=depth - around,
            lexical_margin=float(lexical[first]) - next_lexical,
            margin=first_score - float(rivals.max()) if rivals.size else ALONE,
            lead=first_score - float(crowd_scores.mean()) if rivals.size else ALONE,
            coverage=float(evidence.coverage[first]),
            known=UNTOLD if cross else lexicon.known_share(question),
            length=math.log1p(len(question)),
            cross=float(cross),
        )

    def _hit(self, slot: int, asked: _Asked) -> Hit:
        members = [member for member in self._places.members[int(self._places.group[slot])] if asked.allowed[member]]
        languages = {member: self._places.keys[member][0] for member in members}
        best = slot if asked.allowed[slot] else max(members, key=lambda member: float(asked.scores[member]))
        shown = self._places.at(ranking.in_language(members, languages, asked.wanted, best))
        passages = [row for row in shown.rows if self._places.is_passage[row]]
        candidates, fusion = passages or shown.rows, FUSIONS[asked.way]
        combined = asked.units.combined(candidates, fusion.passage_words)
        combined[0] += fusion.lead * bool(passages)
        best = candidates[int(combined.argmax())]
        unit = shown.article.units[shown.rows.index(best)].unit
        return Hit(
            article=shown.article,
            passage=unit.text,
            heading=unit.heading,
            markdown=unit.markdown or unit.text,
            highlight=_best_sentence(unit.text, unit.sentences, asked.text, self._lexicons[shown.article.language]),
            score=float(asked.scores[slot]),
            dense=max(0.0, float(asked.units.evidence.dense[slot])),
            lexical=float(asked.units.evidence.unit[slot]),
        )


@dataclass(frozen=True)
class _Asked:
    """A question compared with every article; `scores` and `allowed` by slot, `depth` by slot of those looked into."""

    text: str
    reading: Reading
    way: Way
    wanted: tuple[str, ...]
    units: UnitScores
    scores: Scores
    depth: Mapping[int, float]
    allowed: NDArray[np.bool_]


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
